#include "storage/database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "storage/codec.hpp"

namespace chat {

namespace fs = std::filesystem;

// --- failures -----------------------------------------------------------------------------------

namespace {

constexpr auto lock_poll_interval = std::chrono::milliseconds(5);

std::string quoted(const fs::path& directory) { return '"' + directory.string() + '"'; }

std::string one_line(const rocksdb::Status& status) {
  std::string text = status.ToString();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
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
  // Small tables: to take something out of the files for good, all tables that may have it are
  // rewritten.
  options.target_file_size_base = 2 * write_buffer_bytes;
  // A log that is written to files is removed, not kept or used again: it has what was deleted.
  options.recycle_log_file_num = 0;
  options.WAL_ttl_seconds = 0;
  options.WAL_size_limit_MB = 0;
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
                               const std::function<bool()>& may_wait) {
  // Flushing and compacting can wait, a loop cannot. When they fall behind, writes wait for them
  // and leave them the processor. Where priorities cannot be set, everything works as well, less
  // evenly.
  for (const auto pool : {rocksdb::Env::HIGH, rocksdb::Env::LOW})
    rocksdb::Env::Default()
        ->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow)
        .PermitUncheckedError();
  while (true) {
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(database_options(may_create), directory.string(), &db);
    if (status.ok()) return database(db);
    const auto log = the_log()->take_damaged();
    if (status.IsCorruption() && !log.empty())
      return damaged(directory, log + ": " + one_line(status));
    if (!is_in_use(status) || !may_wait || !may_wait()) return describe(status, directory);
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
  if (found == "1" || found == "2" || found == "3" || found == "4") {
    status = db.Put(synced, codec::schema_key, ours);
    if (!status.ok()) return describe(status, directory);
    return {};
  }
  return storage_failure(
      "data directory " + quoted(directory) + " has schema version " + found +
          ", this chatd reads version " + ours,
      "Start it with the version of chatd that wrote it, or name another with --data");
}

result<opened_database> open_or_create(const fs::path& directory,
                                       const std::function<bool()>& may_wait) {
  const auto may_create = prepare_directory(directory);
  if (!may_create) return tl::unexpected(may_create.error());
  auto db = open_database(directory, *may_create, may_wait);
  if (!db) return tl::unexpected(std::move(db.error()));
  // A node killed between creating the store and marking it leaves it empty: mark it now.
  std::string mark;
  const bool is_new = (*db)->Get({}, codec::schema_key, &mark).IsNotFound();
  if (auto checked = check_schema(**db, directory, true); !checked)
    return tl::unexpected(std::move(checked.error()));
  return opened_database{std::move(*db), is_new};
}

result<database> open_again(const fs::path& directory) {
  auto db = open_database(directory, false, {});
  if (!db) return db;
  if (auto checked = check_schema(**db, directory, false); !checked)
    return tl::unexpected(std::move(checked.error()));
  return db;
}

}  // namespace chat
