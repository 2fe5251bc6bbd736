// Preloaded into chatd: a disk that keeps what was synced and nothing else, as after a power cut.
//
// While chatd writes to the directory FAULT_DATA as ever, this library keeps in FAULT_DISK what a
// machine would find there if its power were cut at this moment:
//
//   FAULT_DISK/data       the names that fsync of the directory made last, each with …
//   FAULT_DISK/files/N    … what fsync or fdatasync of that file made last of its content
//   FAULT_DISK/floating   instead of data, while the directory itself is not in its parent yet
//
// Strict where POSIX is: a file's name is kept by syncing its directory, not by syncing the file;
// sync_file_range keeps nothing. The test kills chatd and goes on with FAULT_DISK/data. What is
// there before chatd starts is taken for kept.

#include <dirent.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "tests/faults/preload.hpp"

namespace {

namespace fs = std::filesystem;

constexpr off_t clean = std::numeric_limits<off_t>::max();

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::abort();  // a disk that forgets too much would show defects that are none
}

int open_file(const fs::path& path, int flags) {
  const int fd =
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600));
  if (fd < 0) give_up(path.c_str());
  return fd;
}

struct kept_file {
  int real = -1;   // open, so that its inode's number is given to no other file
  int copy = -1;   // FAULT_DISK/files/N
  fs::path place;  // of the copy
  off_t dirty_from = 0;
};

class disk {
 public:
  disk(fs::path data, fs::path root)
      : data_(std::move(data)), root_(std::move(root)), names_(root_ / "floating") {
    fs::create_directories(root_ / "files");
    fs::create_directories(names_);
    if (!fs::exists(data_)) return;
    for (const auto& entry : fs::directory_iterator(data_))
      if (auto* file = entry.is_regular_file() ? of(entry.path()) : nullptr) keep(*file);
    keep_names();
    keep_directory();
  }

  /// Where the next write to the file goes; nothing for what is not in the data directory.
  std::optional<off_t> end_of(int fd) {
    struct stat about {};
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    if (fs::path(faults::path_of(fd)).parent_path() != data_) return std::nullopt;
    if ((syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND) != 0) return about.st_size;
    return syscall(SYS_lseek, fd, 0, SEEK_CUR);
  }

  /// Told before a write, and after it: a sync between the two may have seen half of it.
  void dirty(int fd, off_t from) {
    const std::lock_guard lock(mutex_);
    if (auto* file = find(fd)) file->dirty_from = std::min(file->dirty_from, from);
  }

  void sync(int fd) {
    const std::lock_guard lock(mutex_);
    struct stat about {};
    if (fstat(fd, &about) != 0) return;
    const fs::path path = faults::path_of(fd);
    if (S_ISREG(about.st_mode)) {
      if (auto* file = find(fd)) keep(*file);
    } else if (path == data_) {
      keep_names();
    } else if (path == data_.parent_path()) {
      keep_directory();
    }
  }

 private:
  using identity = std::pair<dev_t, ino_t>;

  kept_file* find(int fd) {
    struct stat about {};
    fstat(fd, &about);
    const auto found = files_.find({about.st_dev, about.st_ino});
    if (found != files_.end()) return &found->second;
    const fs::path path = faults::path_of(fd);
    // A file that has lost its name is "… (deleted)": nothing of it will be missed.
    return path.parent_path() == data_ ? of(path) : nullptr;
  }

  // Opened once and not closed again: closing LOCK would give up chatd's lock (fcntl(2)). Null for
  // one that another thread has removed just now.
  kept_file* of(const fs::path& path) {
    struct stat about {};
    if (stat(path.c_str(), &about) != 0) return missing(path);
    const identity id{about.st_dev, about.st_ino};
    if (const auto known = files_.find(id); known != files_.end()) return &known->second;
    const int real =
        static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (real < 0) return missing(path);
    auto& file = files_[id];
    file.real = real;
    file.place = root_ / "files" / std::to_string(++made_);
    file.copy = open_file(file.place, O_CREAT | O_EXCL | O_RDWR);
    return &file;
  }

  static kept_file* missing(const fs::path& path) {
    if (errno != ENOENT) give_up(path.c_str());
    return nullptr;
  }

  static void keep(kept_file& file) {
    struct stat about {};
    fstat(file.real, &about);
    std::vector<char> block(1 << 16);
    for (off_t at = std::exchange(file.dirty_from, clean); at < about.st_size;) {
      const auto got = syscall(SYS_pread64, file.real, block.data(), block.size(), at);
      if (got <= 0 || syscall(SYS_pwrite64, file.copy, block.data(), got, at) != got)
        give_up("copying what was synced");
      at += got;
    }
    syscall(SYS_ftruncate, file.copy, about.st_size);
  }

  // In an order in which the names may have come about: CURRENT names a file that is there.
  void keep_names() {
    std::set<fs::path> there;
    for (const auto& entry : fs::directory_iterator(data_))
      if (entry.is_regular_file()) there.insert(entry.path().filename());
    auto in_order = std::vector<fs::path>(there.begin(), there.end());
    std::ranges::stable_partition(in_order, [](const auto& name) { return name != "CURRENT"; });
    for (const auto& name : in_order) {
      std::error_code ec;
      const auto* file = of(data_ / name);
      if (!file || fs::equivalent(file->place, names_ / name, ec)) continue;
      const auto next = root_ / "next";
      fs::create_hard_link(file->place, next);
      fs::rename(next, names_ / name);
    }
    for (const auto& entry : fs::directory_iterator(names_))
      if (!there.contains(entry.path().filename())) fs::remove(entry.path());
    forget_nameless();
  }

  void forget_nameless() {
    std::erase_if(files_, [](auto& item) {
      auto& [id, file] = item;
      struct stat about {};
      fstat(file.real, &about);
      if (about.st_nlink > 0) return false;
      syscall(SYS_close, file.real);
      syscall(SYS_close, file.copy);
      fs::remove(file.place);
      return true;
    });
  }

  void keep_directory() {
    if (names_.filename() == "data") return;
    fs::rename(names_, root_ / "data");
    names_ = root_ / "data";
  }

  fs::path data_, root_, names_;
  std::mutex mutex_;
  std::map<identity, kept_file> files_;
  std::size_t made_ = 0;
};

// Not for what libraries do before this one begins: that is not chatd.
disk* the_disk = nullptr;

[[gnu::constructor]] void begin() {
  const auto data = faults::setting("FAULT_DATA");
  const auto root = faults::setting("FAULT_DISK");
  if (!data.empty() && !root.empty()) the_disk = new disk(data, root);
}

template <class Write>
ssize_t written(int fd, std::optional<off_t> at, Write write) {
  if (the_disk && at) the_disk->dirty(fd, *at);
  const auto done = write();
  if (the_disk && at) the_disk->dirty(fd, *at);
  return done;
}

std::optional<off_t> end_of(int fd) { return the_disk ? the_disk->end_of(fd) : std::nullopt; }

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  return written(fd, end_of(fd), [&] { return syscall(SYS_write, fd, bytes, size); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
  return written(fd, end_of(fd), [&] { return syscall(SYS_writev, fd, parts, count); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  const auto from = end_of(fd) ? std::optional(at) : std::nullopt;
  return written(fd, from, [&] { return syscall(SYS_pwrite64, fd, bytes, size, at); });
}
int ftruncate(int fd, off_t size) noexcept {
  const auto from = end_of(fd) ? std::optional(size) : std::nullopt;
  return static_cast<int>(written(fd, from, [&] { return syscall(SYS_ftruncate, fd, size); }));
}

// No real sync: this disk is quicker, and the test would learn nothing from the other one.
int fsync(int fd) {
  if (!the_disk) return static_cast<int>(syscall(SYS_fsync, fd));
  the_disk->sync(fd);
  return 0;
}
int fdatasync(int fd) {
  if (!the_disk) return static_cast<int>(syscall(SYS_fdatasync, fd));
  the_disk->sync(fd);
  return 0;
}

}  // extern "C"
