// Preloaded into chatd: a disk whose syncs take long. While the number N in the file
// FAULT_SLOW_SYNC is not 0, N - 1 more syncs of files under the directory FAULT_DATA end as ever,
// and all others when the number is 0 again.

#include <time.h>

#include <atomic>
#include <string_view>

#include "tests/faults/preload.hpp"

namespace {

struct fault {
  std::string data = faults::setting("FAULT_DATA");
  volatile std::int64_t* number = faults::shared_number("FAULT_SLOW_SYNC");
  std::atomic<std::int64_t> passed = 0;
};

void wait_for_disk(int fd) {
  static fault& it = *new fault;
  if (!it.number || !std::string_view(faults::path_of(fd)).starts_with(it.data)) return;
  if (*it.number == 0) {
    it.passed = 0;
    return;
  }
  if (it.passed++ < *it.number - 1) return;
  constexpr timespec pause{0, 5'000'000};
  while (*it.number != 0) nanosleep(&pause, nullptr);
}

}  // namespace

extern "C" {

int fsync(int fd) {
  wait_for_disk(fd);
  return static_cast<int>(syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  wait_for_disk(fd);
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

}  // extern "C"
