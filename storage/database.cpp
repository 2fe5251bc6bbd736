#include "storage/database.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "storage/codec.hpp"

namespace chat {

namespace fs = std::filesystem;

// --- failures -----------------------------------------------------------------------------------

namespace {

constexpr auto lock_poll_interval = std::chrono::milliseconds(5);

std::string quoted(const fs::path& directory) { return '"' + directory.string() + '"'; }

std::string reason(int error) { return std::generic_category().message(error); }

std::string one_line(const rocksdb::Status& status) {
  std::string text = status.ToString();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

tl::unexpected<failure> unwritable(const fs::path& directory, const std::string& why) {
  return storage_failure(
      "cannot write to data directory " + quoted(directory) + ": " + why,
      "Make it writable for the user chatd runs as, or name another with --data");
}

}  // namespace

// RocksDB tells of a lock held elsewhere only in words: these two, for another process and for this
// one.
bool is_in_use(const rocksdb::Status& status) {
  if (!status.IsIOError()) return false;
  const auto text = status.ToString();
  return text.find("While lock file") != std::string::npos ||
         text.find("lock hold by current process") != std::string::npos;
}

tl::unexpected<failure> storage_failure(std::string message, std::string suggestion) {
  return tl::unexpected(
      make_failure(errc::storage_unavailable, std::move(message), std::move(suggestion)));
}

tl::unexpected<failure> damaged(const fs::path& directory, const std::string& what) {
  return storage_failure("the store in " + quoted(directory) + " is damaged: " + what,
                         "Run chatd repair --data " + quoted(directory) +
                             ", which keeps the damaged files, or " + "restore a backup");
}

tl::unexpected<failure> describe(const rocksdb::Status& status, const fs::path& directory) {
  const auto text = one_line(status);
  if (is_in_use(status))
    return storage_failure("data directory " + quoted(directory) + " is in use by another chatd",
                           "Stop that one, or give this one a directory of its own with --data");
  if (status.IsNoSpace())
    return storage_failure("no space left for the store in " + quoted(directory) + ": " + text,
                           "Free space on that disk; a running node then goes on by itself");
  // Of its own files it misses none that it does not know of.
  if (status.IsCorruption() || status.IsPathNotFound()) return damaged(directory, text);
  if (status.IsInvalidArgument())
    return storage_failure("data directory " + quoted(directory) + " is not a chatd store: " + text,
                           "Name another directory with --data");
  return storage_failure("the store in " + quoted(directory) + " failed: " + text,
                         "Check the disk; a running node tries again by itself");
}

// --- the directory ------------------------------------------------------------------------------

namespace {

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
  return name == "api-keys.json" || name == "api-keys.json.lock" || name == "token-secret" ||
         name == "lost+found";
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
    return storage_failure("data directory " + quoted(directory) +
                               " is open to other users of this machine, and holds other files",
                           "Run chmod 700 " + quoted(directory) +
                               " if it is for chatd alone, or name another with --data");
  fs::permissions(directory, others, fs::perm_options::remove, ec);
  if (ec)
    return storage_failure("data directory " + quoted(directory) +
                               " is open to other users of this machine: " + ec.message(),
                           "As its owner run chmod 700 " + quoted(directory));
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
        quoted(file) + " cannot be used by the user " + user_name() + ": " + reason(errno),
        "Was chatd started as another user? Run: sudo chown -R " + user_name() + ' ' +
            quoted(directory));
  }
  return {};
}

/// Creates the directory where it is missing. Answers whether RocksDB may create a store in it.
result<bool> prepare(const fs::path& directory) {
  std::error_code ec;
  if (fs::exists(directory, ec) && !fs::is_directory(directory, ec))
    return storage_failure("data directory " + quoted(directory) + " is not a directory",
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

// --- RocksDB ------------------------------------------------------------------------------------

namespace {

/// Debian builds RocksDB with assertions, and its own LOG file is one of their victims: the second
/// line written to it on a full disk aborts the process (WritableFileWriter). So there is no LOG;
/// what matters comes back as a status. Nothing to rotate, nothing to fill the disk. But for one
/// thing: which of the write-ahead logs is damaged RocksDB says only here.
class no_log final : public rocksdb::Logger {
 public:
  no_log() : Logger(rocksdb::WARN_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[1000];
    std::vsnprintf(text, sizeof(text), format, arguments);
    const std::string_view line(text);
    const auto end = line.find(".log: dropping ");
    if (end == std::string_view::npos) return;
    const auto begin = line.rfind('/', end) + 1;
    const std::lock_guard lock(mutex_);
    damaged_ = std::string(line.substr(begin, end - begin)) + ".log";
  }
  /// The name of the log that was damaged last, once; or empty.
  std::string take_damaged() {
    const std::lock_guard lock(mutex_);
    return std::exchange(damaged_, {});
  }

 private:
  std::mutex mutex_;
  std::string damaged_;
};

/// One for all and never destroyed: RocksDB's threads live until the process ends.
const std::shared_ptr<no_log>& the_log() {
  static const auto& log = *new std::shared_ptr<no_log>(std::make_shared<no_log>());
  return log;
}

/// What keys have in common whose numbers ascend: a room's messages, and all sessions. RocksDB then
/// finds the place of one beside the one before instead of searching for it.
class ascending_keys final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "chatd.ascending"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), key.size() - sizeof(sequence)};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    // Before a store is known to be ours its log is read: its keys may be anything.
    const auto bytes = key.ToStringView();
    return key.size() > sizeof(sequence) &&
           (codec::is_message_key(bytes) || codec::is_session_key(bytes));
  }
};

}  // namespace

rocksdb::Options database_options(bool may_create) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(32 << 20);
  table.block_size = 16 << 10;  // a page of fifty messages is one or two blocks
  // Indexes count against the cache, so memory does not grow with the store. No Bloom filter:
  // every read is a range.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.create_if_missing = may_create;
  options.info_log = the_log();
  // What is young is written again soon, and its writing competes with the loops: not compressed.
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  options.write_buffer_size = write_buffer_bytes;
  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<ascending_keys>();
  options.level0_file_num_compaction_trigger = 8;  // of small buffers; fewer would rewrite more
  // A node that is killed again and again leaves a small one each time, and no time to compact
  // them. RocksDB's own limits, 20 and 36, made the first commits then wait for seconds (10 s were
  // seen).
  options.level0_slowdown_writes_trigger = 128;
  options.level0_stop_writes_trigger = 256;
  options.max_write_buffer_number = 3;  // one filling, one being flushed, one for a slow disk
  options.max_bytes_for_level_base = 8 * write_buffer_bytes;  // else small buffers write more
  options.max_open_files = 256;
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;  // opens in the same time at any size
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_manifest_file_size = 4 << 20;
  // After kill -9 or power loss the last record of the log may be cut short: it was not
  // acknowledged and is dropped. Any other damage is in acknowledged data. RocksDB's default,
  // kPointInTimeRecovery, would silently drop everything from there on; this mode refuses to
  // open, and the operator decides.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return options;
}

namespace {

result<database> open_database(const fs::path& directory, bool may_create,
                               std::chrono::milliseconds patience) {
  // Flushing and compacting can wait, a loop cannot. When they fall behind, writes wait for them
  // and leave them the processor. Where priorities cannot be set, everything works as well, less
  // evenly.
  for (const auto pool : {rocksdb::Env::HIGH, rocksdb::Env::LOW})
    rocksdb::Env::Default()
        ->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow)
        .PermitUncheckedError();
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(database_options(may_create), directory.string(), &db);
    if (status.ok()) return database(db);
    const auto log = the_log()->take_damaged();
    if (status.IsCorruption() && !log.empty())
      return damaged(directory, log + ": " + one_line(status));
    if (!is_in_use(status) || std::chrono::steady_clock::now() >= until)
      return describe(status, directory);
    std::this_thread::sleep_for(lock_poll_interval);
  }
}

}  // namespace

result<void> check_schema(rocksdb::DB& db, const fs::path& directory, bool may_mark) {
  const std::string ours = std::to_string(schema_version);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::string found;
  auto status = db.Get({}, codec::schema_key, &found);
  if (status.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
    it->SeekToFirst();
    if (!it->status().ok()) return describe(it->status(), directory);
    if (it->Valid() || !may_mark)
      return storage_failure(
          "data directory " + quoted(directory) + " holds a store that is not chatd's",
          "Name another directory with --data");
    status = db.Put(synced, codec::schema_key, ours);
    if (!status.ok()) return describe(status, directory);
    return {};
  }
  if (!status.ok()) return describe(status, directory);
  if (found == ours) return {};
  // Read as they are; what is written from now on is ours.
  if (found == "1" || found == "2" || found == "3") {
    status = db.Put(synced, codec::schema_key, ours);
    if (!status.ok()) return describe(status, directory);
    return {};
  }
  return storage_failure(
      "data directory " + quoted(directory) + " has schema version " + found +
          ", this chatd reads version " + ours,
      "Start it with the version of chatd that wrote it, or name another with --data");
}

result<database> open_or_create(const fs::path& directory, std::chrono::milliseconds patience) {
  const auto may_create = prepare(directory);
  if (!may_create) return tl::unexpected(may_create.error());
  auto db = open_database(directory, *may_create, patience);
  if (!db) return db;
  // A node killed between creating the store and marking it leaves it empty: mark it now.
  if (auto checked = check_schema(**db, directory, true); !checked)
    return tl::unexpected(std::move(checked.error()));
  return db;
}

result<database> open_again(const fs::path& directory) {
  auto db = open_database(directory, false, {});
  if (!db) return db;
  if (auto checked = check_schema(**db, directory, false); !checked)
    return tl::unexpected(std::move(checked.error()));
  return db;
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
