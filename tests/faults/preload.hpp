#pragma once
// What the preloaded faults share. They stand in chatd's place before libc's functions; the kernel
// is asked directly, since libc's own names lead back here.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace faults {

/// A setting of the test, from the environment; empty where there is none.
inline std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The file behind a descriptor, as /proc names it; empty for what has no name.
inline std::string path_of(int fd) {
  char link[64];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  char path[4096];
  const auto size = syscall(SYS_readlink, link, path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "";
}

/// A number that the test changes while chatd runs: eight bytes of the file that `name` names.
inline volatile std::int64_t* shared_number(const char* name) {
  const auto file = setting(name);
  if (file.empty()) return nullptr;
  const int fd =
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, file.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (fd < 0) return nullptr;
  void* place = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  return place == MAP_FAILED ? nullptr : static_cast<volatile std::int64_t*>(place);
}

}  // namespace faults
