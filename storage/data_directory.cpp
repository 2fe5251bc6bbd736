#include "storage/data_directory.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "storage/database.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

std::string in_quotes(const fs::path& directory) { return '"' + directory.string() + '"'; }

std::string reason(int error) { return std::generic_category().message(error); }

tl::unexpected<failure> unwritable(const fs::path& directory, const std::string& why) {
  return storage_failure(
      "cannot write to data directory " + in_quotes(directory) + ": " + why,
      "Make it writable for the user chatd runs as, or name another with --data");
}

/// True for the files that a store without its root file CURRENT must not hold: tables and logs,
/// whose names are numbers. RocksDB would start a new store around them and then delete them as its
/// own leftovers.
bool holds_data(const fs::path& file) {
  const auto number = file.stem().string();
  return (file.extension() == ".sst" || file.extension() == ".log") &&
         number.find_first_not_of("0123456789") == std::string::npos;
}

/// One of these files, or none.
fs::path find_data(const fs::path& directory, std::error_code& ec) {
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec))
    if (holds_data(files->path())) return files->path();
  return {};
}

/// Creates it and those above it where they are missing, to stay there after a power cut.
std::error_code make_directories(const fs::path& directory) {
  std::error_code ec;
  fs::path above;
  for (const auto& part : fs::absolute(directory, ec)) {
    above /= part;
    if (fs::exists(above, ec)) continue;
    fs::create_directory(above, ec);
    // What people write is nobody else's on this machine; what exists is the operator's.
    if (!ec) fs::permissions(above, fs::perms::owner_all, ec);
    if (!ec) ec = sync_directory(above.parent_path());
    if (ec) break;
  }
  return ec;
}

/// What chatd keeps beside a store, and what a file system has of its own.
bool is_beside_store(const std::string& name) {
  return name.starts_with("chatd.") || name.starts_with("repair.") ||
         name.starts_with("damaged-") || name == "api-keys.json" || name == "api-keys.json.lock" ||
         name == "token-secret" || name == "lost+found";
}

/// Whether all in it is chatd's.
bool is_ours_alone(const fs::path& directory, std::error_code& ec) {
  if (fs::exists(directory / "CURRENT", ec)) return true;
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec))
    if (!is_beside_store(files->path().filename().string())) return false;
  return !ec;
}

/// Takes the rights of others away, from the directory and from files made before that.
/// Errors: it is not ours to change, or holds what is not chatd's.
result<void> close_to_others(const fs::path& directory) {
  constexpr auto others = fs::perms::group_all | fs::perms::others_all;
  std::error_code ec;
  const auto is_open = [&](const fs::path& file) {
    return (fs::symlink_status(file, ec).permissions() & others) != fs::perms::none;
  };
  if (!is_open(directory) && !ec) return {};
  if (!is_ours_alone(directory, ec))
    return storage_failure("data directory " + in_quotes(directory) +
                               " is open to other users of this machine, and holds other files",
                           "Run chmod 700 " + in_quotes(directory) +
                               " if it is for chatd alone, or name another with --data");
  fs::permissions(directory, others, fs::perm_options::remove, ec);
  if (ec)
    return storage_failure("data directory " + in_quotes(directory) +
                               " is open to other users of this machine: " + ec.message(),
                           "As its owner run chmod 700 " + in_quotes(directory));
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec))
    if (files->is_regular_file(ec) && is_open(files->path()))
      fs::permissions(files->path(), others, fs::perm_options::remove, ec);
  return {};
}

std::string user_name() {
  const auto* user = getpwuid(geteuid());
  return user ? user->pw_name : std::to_string(geteuid());
}

/// RocksDB says of a file that it may not open only that the store is none.
result<void> check_owner(const fs::path& directory) {
  std::error_code ec;
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec)) {
    const auto& file = files->path();
    if (!files->is_regular_file(ec) || access(file.c_str(), R_OK | W_OK) == 0) continue;
    return storage_failure(
        in_quotes(file) + " cannot be used by the user " + user_name() + ": " + reason(errno),
        "Was chatd started as another user? Run: sudo chown -R " + user_name() + ' ' +
            in_quotes(directory));
  }
  return {};
}

}  // namespace

bool is_under_repair(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / repair_made, ignored) ||
         fs::exists(directory / repair_incoming, ignored);
}

bool holds_store(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "CURRENT", ignored) || !find_data(directory, ignored).empty();
}

std::error_code sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::error_code ec;
  if (fd < 0 || fsync(fd) != 0) ec.assign(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return ec;
}

result<bool> prepare_directory(const fs::path& directory) {
  std::error_code ec;
  if (fs::exists(directory, ec) && !fs::is_directory(directory, ec))
    return storage_failure("data directory " + in_quotes(directory) + " is not a directory",
                           "Move that file away, or name another directory with --data");
  ec = make_directories(directory);
  if (ec) return unwritable(directory, ec.message());
  if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return unwritable(directory, reason(errno));
  if (auto closed = close_to_others(directory); !closed) return tl::unexpected(closed.error());
  if (auto ours = check_owner(directory); !ours) return tl::unexpected(ours.error());
  if (is_under_repair(directory)) return damaged(directory, "its repair has not ended");
  if (fs::exists(directory / "CURRENT", ec)) return false;
  const auto data = find_data(directory, ec);
  if (ec) return unwritable(directory, ec.message());
  if (!data.empty())
    return damaged(directory, "the file CURRENT is missing beside " + data.filename().string());
  return true;
}

result<void> probe_space(const fs::path& directory, std::uint64_t bytes) {
  const fs::path probe = directory / "chatd.probe";
  const int fd = ::open(probe.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return unwritable(directory, reason(errno));
  ::unlink(probe.c_str());
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  ::close(fd);
  if (error != 0) return unwritable(directory, reason(error));
  return {};
}

}  // namespace chat
