// Preloaded into chatd: a disk that takes long to sync. Each fsync and fdatasync of a file under
// FAULT_DATA first waits so many milliseconds as the file FAULT_SYNC_MS says at that time.

#include <time.h>

#include "tests/faults/preload.hpp"

namespace {

void wait_for_disk(int fd) {
  static const auto data = faults::setting("FAULT_DATA");
  static const auto* ms = faults::shared_number("FAULT_SYNC_MS");
  if (!ms || data.empty() || !faults::path_of(fd).starts_with(data)) return;
  const auto wait = *ms;
  timespec left{wait / 1000, wait % 1000 * 1'000'000};
  while (nanosleep(&left, &left) != 0) {
  }
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
