// Preloaded into chatd: while the number in the file FAULT_READ_ONLY is not 0, everything under the
// directory FAULT_DATA is on a file system that the kernel has made read-only, as it does when a
// disk fails: what is open for writing stays open, and writing fails with EROFS.

#include <sys/stat.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdarg>
#include <string_view>

#include "tests/faults/preload.hpp"

namespace {

struct fault {
  std::string data = faults::setting("FAULT_DATA");
  volatile std::int64_t* on = faults::shared_number("FAULT_READ_ONLY");
};

// Made at the first call: other libraries begin before this one.
bool covers(std::string_view path) {
  static const fault& it = *new fault;
  return it.on && *it.on != 0 && path.starts_with(it.data);
}

bool covers(int fd) { return covers(faults::path_of(fd)); }

int refused() {
  errno = EROFS;
  return -1;
}

template <class... Arguments>
int ask_kernel(long number, Arguments... arguments) {
  return static_cast<int>(syscall(number, arguments...));
}

int open_file(const char* path, int flags, mode_t mode) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  if (writes && covers(path)) return refused();
  return ask_kernel(SYS_openat, AT_FDCWD, path, flags, mode);
}

mode_t mode_of(int flags, std::va_list& rest) {
  return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_file(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_file(path, flags, mode);
}

int access(const char* path, int mode) noexcept {
  if ((mode & W_OK) != 0 && covers(path)) return refused();
  return ask_kernel(SYS_access, path, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  return covers(path) ? refused() : ask_kernel(SYS_mkdir, path, mode);
}
int unlink(const char* path) noexcept {
  return covers(path) ? refused() : ask_kernel(SYS_unlink, path);
}
int rename(const char* from, const char* to) noexcept {
  return covers(from) || covers(to) ? refused() : ask_kernel(SYS_rename, from, to);
}
int link(const char* from, const char* to) noexcept {
  return covers(to) ? refused() : ask_kernel(SYS_link, from, to);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return covers(fd) ? refused() : syscall(SYS_write, fd, bytes, size);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return covers(fd) ? refused() : syscall(SYS_pwrite64, fd, bytes, size, at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  return covers(fd) ? refused() : syscall(SYS_writev, fd, parts, count);
}
int fsync(int fd) { return covers(fd) ? refused() : ask_kernel(SYS_fsync, fd); }
int fdatasync(int fd) { return covers(fd) ? refused() : ask_kernel(SYS_fdatasync, fd); }
int ftruncate(int fd, off_t size) noexcept {
  return covers(fd) ? refused() : ask_kernel(SYS_ftruncate, fd, size);
}
int fallocate(int fd, int mode, off_t at, off_t size) {
  return covers(fd) ? refused() : ask_kernel(SYS_fallocate, fd, mode, at, size);
}
int posix_fallocate(int fd, off_t at, off_t size) {
  if (covers(fd)) return EROFS;
  return ask_kernel(SYS_fallocate, fd, 0, at, size) == 0 ? 0 : errno;
}

}  // extern "C"
