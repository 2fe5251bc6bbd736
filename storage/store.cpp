#include "storage/store.hpp"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "storage/codec.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

/// What a start after kill -9 reads again at most, twice over: 15 ms a megabyte.
constexpr std::size_t write_buffer_bytes = 8 << 20;
/// Room for what opening writes beside the memtables: manifest, options, a new log.
constexpr std::uint64_t reopen_slack_bytes = 1 << 20;

// --- failures, one line each for the operator
// -----------------------------------------------------

tl::unexpected<failure> fail(std::string message, std::string suggestion) {
  return tl::unexpected(
      make_failure(errc::storage_unavailable, std::move(message), std::move(suggestion)));
}

std::string quoted(const fs::path& directory) { return '"' + directory.string() + '"'; }

std::string reason(int error) { return std::generic_category().message(error); }

tl::unexpected<failure> damaged(const fs::path& directory, const std::string& what) {
  return fail(
      "the store in " + quoted(directory) + " is damaged: " + what,
      "Keep a copy of the directory, then restore a backup, or move it away to start empty");
}

tl::unexpected<failure> unwritable(const fs::path& directory, const std::string& why) {
  return fail("cannot write to data directory " + quoted(directory) + ": " + why,
              "Make it writable for the user chatd runs as, or name another with --data");
}

/// RocksDB tells of a lock held elsewhere only in words: these two, for another process and for
/// this one.
bool is_locked(const std::string& text) {
  return text.find("While lock file") != std::string::npos ||
         text.find("lock hold by current process") != std::string::npos;
}

tl::unexpected<failure> describe(const rocksdb::Status& status, const fs::path& directory) {
  std::string text = status.ToString();
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (status.IsIOError() && is_locked(text))
    return fail("data directory " + quoted(directory) + " is in use by another chatd",
                "Stop that one, or give this one a directory of its own with --data");
  if (status.IsNoSpace())
    return fail("no space left for the store in " + quoted(directory) + ": " + text,
                "Free space on that disk; a running node then goes on by itself");
  if (status.IsCorruption()) return damaged(directory, text);
  if (status.IsInvalidArgument())
    return fail("data directory " + quoted(directory) + " is not a chatd store: " + text,
                "Name another directory with --data");
  return fail("the store in " + quoted(directory) + " failed: " + text,
              "Check the disk; a running node tries again by itself");
}

// --- the directory
// --------------------------------------------------------------------------------

/// True for the files that a store without its root file CURRENT must not hold. RocksDB would
/// start a new store around them and then delete them as its own leftovers.
bool holds_data(const fs::path& file) {
  return file.extension() == ".sst" || file.extension() == ".log";
}

/// Creates the directory where it is missing. Answers whether RocksDB may create a store in it.
result<bool> prepare(const fs::path& directory) {
  std::error_code ec;
  if (fs::exists(directory, ec) && !fs::is_directory(directory, ec))
    return fail("data directory " + quoted(directory) + " is not a directory",
                "Move that file away, or name another directory with --data");
  fs::create_directories(directory, ec);
  if (ec) return unwritable(directory, ec.message());
  if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return unwritable(directory, reason(errno));
  if (fs::exists(directory / "CURRENT", ec)) return false;
  fs::directory_iterator files(directory, ec);
  for (; !ec && files != fs::directory_iterator(); files.increment(ec))
    if (holds_data(files->path()))
      return damaged(directory,
                     "the file CURRENT is missing beside " + files->path().filename().string());
  if (ec) return unwritable(directory, ec.message());
  return true;
}

/// Allocates and gives back: an error number where reopening would run out of space half-way.
int probe_space(const fs::path& directory, std::uint64_t bytes) {
  const fs::path probe = directory / "chatd.probe";
  const int fd = ::open(probe.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::unlink(probe.c_str());
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  ::close(fd);
  return error;
}

// --- RocksDB
// --------------------------------------------------------------------------------------

/// Debian builds RocksDB with assertions, and its own LOG file is one of their victims: the second
/// line written to it on a full disk aborts the process (WritableFileWriter). So there is no LOG;
/// what matters comes back as a status. Nothing to rotate, nothing to fill the disk.
class no_log final : public rocksdb::Logger {
 public:
  no_log() : Logger(rocksdb::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

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
  // One for all and never destroyed: RocksDB's threads live until the process ends.
  static const auto& log = *new std::shared_ptr<no_log>(std::make_shared<no_log>());
  options.info_log = log;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = write_buffer_bytes;
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

using database = std::unique_ptr<rocksdb::DB>;

result<database> open_database(const fs::path& directory, bool may_create) {
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(database_options(may_create), directory.string(), &db);
  if (!status.ok()) return describe(status, directory);
  return database(db);
}

/// Refuses what is not a store of our version. Marks a new one as such.
result<void> check_schema(rocksdb::DB& db, const fs::path& directory, bool may_create) {
  const std::string ours = std::to_string(schema_version);
  std::string found;
  auto status = db.Get({}, codec::schema_key, &found);
  if (status.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
    it->SeekToFirst();
    if (!it->status().ok()) return describe(it->status(), directory);
    if (it->Valid() || !may_create)
      return fail("data directory " + quoted(directory) + " holds a store that is not chatd's",
                  "Name another directory with --data");
    rocksdb::WriteOptions synced;
    synced.sync = true;
    status = db.Put(synced, codec::schema_key, ours);
    if (!status.ok()) return describe(status, directory);
    return {};
  }
  if (!status.ok()) return describe(status, directory);
  if (found == ours) return {};
  return fail("data directory " + quoted(directory) + " has schema version " + found +
                  ", this chatd reads version " + ours,
              "Start it with the version of chatd that wrote it, or name another with --data");
}

/// Collects what takes a batch back: the message keys go, as their sequences are new by contract;
/// the rooms return to what they were.
class undo_writer final : public rocksdb::WriteBatch::Handler {
 public:
  undo_writer(rocksdb::DB& db, rocksdb::WriteBatch& undo) : db_(db), undo_(undo) {}

  void Put(const rocksdb::Slice& key, const rocksdb::Slice&) override {
    if (codec::is_message_key(key.ToStringView())) {
      undo_.Delete(key);
      return;
    }
    std::string before;
    const auto status = db_.Get({}, key, &before);
    if (status.ok()) undo_.Put(key, before);
    // On any other error the room is left as it comes: a definition nobody was told of.
    if (status.IsNotFound()) undo_.Delete(key);
  }

 private:
  rocksdb::DB& db_;
  rocksdb::WriteBatch& undo_;
};

}  // namespace

// --- the store
// ------------------------------------------------------------------------------------

struct store::impl {
  fs::path directory;
  rocksdb::WriteOptions write_options;
  rocksdb::WriteBatch batch;
  std::string key, value;  // staging's scratch memory

  /// Shared by every read; exclusive while recover() closes and reopens. The writing thread
  /// itself reads `db` without it, being the only one to change it.
  mutable std::shared_mutex db_mutex;
  database db;  // null when reopening failed

  bool failed = false;  // since the last failed write, until a recover() that worked
  rocksdb::WriteBatch undo;
  std::uint64_t reopen_bytes = write_buffer_bytes;

  result<void> write(rocksdb::WriteBatch& what, const rocksdb::WriteOptions& how);
  void on_write_failed(const rocksdb::WriteBatch& lost);
  result<void> reopen();

  tl::unexpected<failure> fail_closed() const {
    return fail("the store in " + quoted(directory) + " is closed after a failed write",
                "Wait: it is opened again as soon as its disk can be written");
  }

  /// Calls `visit(key, value)` from the iterator's position on while it answers true.
  template <class Visit>
  result<void> scan(rocksdb::Iterator& it, bool backwards, Visit visit) const;
};

result<std::unique_ptr<store>> store::open(const fs::path& directory, durability mode) {
  const auto may_create = prepare(directory);
  if (!may_create) return tl::unexpected(may_create.error());
  auto db = open_database(directory, *may_create);
  if (!db) return tl::unexpected(std::move(db.error()));
  // A node killed between creating the store and marking it leaves it empty: mark it now.
  if (auto checked = check_schema(**db, directory, true); !checked)
    return tl::unexpected(std::move(checked.error()));
  auto p = std::make_unique<impl>();
  p->directory = directory;
  p->write_options.sync = mode == durability::power;
  p->db = std::move(*db);
  return std::unique_ptr<store>(new store(std::move(p)));
}

store::store(std::unique_ptr<impl> p) : impl_(std::move(p)) {}

store::~store() {
  // Empties the log, so that the next start need not read it again.
  // Not needed for anything else: what fails here is in the log.
  if (!impl_->failed && impl_->db) impl_->db->Flush({}).PermitUncheckedError();
}

// --- writing
// --------------------------------------------------------------------------------------

void store::stage_message(std::string_view room_id, const message& m) {
  codec::encode_message_key(impl_->key, room_id, m.seq);
  codec::encode(impl_->value, m);
  impl_->batch.Put(impl_->key, impl_->value);
}

void store::stage_room(const room_definition& room) {
  codec::encode_room_key(impl_->key, room.id);
  codec::encode(impl_->value, room);
  impl_->batch.Put(impl_->key, impl_->value);
}

std::size_t store::staged_bytes() const {
  return impl_->batch.Count() == 0 ? 0 : impl_->batch.GetDataSize();
}

void store::drop() { impl_->batch.Clear(); }

result<void> store::commit() {
  result<void> done;
  if (impl_->failed)
    done = fail("the store in " + quoted(impl_->directory) + " has not recovered from a failure",
                "Wait: it is tried again every second");
  else if (impl_->batch.Count() > 0)
    done = impl_->write(impl_->batch, impl_->write_options);
  impl_->batch.Clear();
  return done;
}

result<void> store::impl::write(rocksdb::WriteBatch& what, const rocksdb::WriteOptions& how) {
  const auto status = db->Write(how, &what);
  if (status.ok()) return {};
  on_write_failed(what);
  return describe(status, directory);
}

void store::impl::on_write_failed(const rocksdb::WriteBatch& lost) {
  std::uint64_t bytes = 0;
  if (db->GetIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &bytes)) reopen_bytes = bytes;
  // When proving a recovery failed, what was to be undone then is still to be undone.
  if (!failed) {
    undo_writer writer(*db, undo);
    // Cannot fail: the batch was made by this class.
    lost.Iterate(&writer).PermitUncheckedError();
  }
  failed = true;
}

// After a failed write to its log RocksDB 7.8 never writes again in this process: the log's writer
// stays in its error (facebook/rocksdb#11643), Resume() answers Busy because its own recovery is
// polling, and that does not end when space is back. Writing past a torn record would put
// acknowledged data where no recovery finds it, so even a Resume() that worked would not do.
// Reopening reads the log up to the torn record, flushes it, and starts a new one.
result<void> store::recover() {
  if (impl_->failed || !impl_->db)
    if (auto reopened = impl_->reopen(); !reopened) return reopened;
  rocksdb::WriteBatch proof = impl_->undo;
  proof.Put(codec::schema_key, std::to_string(schema_version));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (auto proved = impl_->write(proof, synced); !proved) return proved;
  impl_->undo.Clear();
  impl_->failed = false;
  return {};
}

result<void> store::impl::reopen() {
  // The old handle still answers reads: it is given up only where a new one is likely to work.
  if (const int error = probe_space(directory, reopen_bytes + reopen_slack_bytes); error != 0)
    return unwritable(directory, reason(error));
  const std::unique_lock lock(db_mutex);
  db.reset();
  // Never creating: a directory emptied meanwhile must not become a store without its past.
  auto opened = open_database(directory, false);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  if (auto checked = check_schema(**opened, directory, false); !checked) return checked;
  db = std::move(*opened);
  return {};
}

// --- reading
// --------------------------------------------------------------------------------------

namespace {

/// The keys of one room's messages. Both ends bound the iterator, so that no scan runs on into a
/// neighbour's keys or over their tombstones. Must outlive the iterator.
struct message_range {
  std::string begin, end;
  rocksdb::Slice lower, upper;
  rocksdb::ReadOptions options;

  explicit message_range(std::string_view room_id) : end(codec::messages_end(room_id)) {
    codec::encode_message_key(begin, room_id, 0);
    lower = begin;
    upper = end;
    options.iterate_lower_bound = &lower;
    options.iterate_upper_bound = &upper;
  }
  message_range(const message_range&) = delete;  // options points into it
};

}  // namespace

template <class Visit>
result<void> store::impl::scan(rocksdb::Iterator& it, bool backwards, Visit visit) const {
  for (; it.Valid(); backwards ? it.Prev() : it.Next())
    if (auto more = visit(it.key().ToStringView(), it.value().ToStringView()); !more)
      return tl::unexpected(std::move(more.error()));
    else if (!*more)
      return {};
  if (!it.status().ok()) return describe(it.status(), directory);
  return {};
}

namespace {

result<message_ptr> read_message(const fs::path& directory, std::string_view room_id,
                                 std::string_view key, std::string_view value) {
  auto m = std::make_shared<message>();
  m->seq = codec::sequence_of_key(key, room_id);
  if (m->seq == 0)
    return damaged(directory, "room " + std::string(room_id) + " has a message without sequence");
  if (!codec::decode(value, *m))
    return damaged(directory, "message " + std::to_string(m->seq) + " of room " +
                                  std::string(room_id) + " is unreadable");
  return m;
}

}  // namespace

result<history_page> store::load_after(std::string_view room_id, sequence after,
                                       std::size_t limit) const {
  history_page page;
  if (after == ~sequence{0}) return page;
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  std::string from;
  codec::encode_message_key(from, room_id, after + 1);
  it->Seek(from);
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    page.has_more = page.messages.size() == limit;
    if (page.has_more) return false;
    auto m = read_message(impl_->directory, room_id, key, value);
    if (!m) return tl::unexpected(std::move(m.error()));
    page.messages.push_back(std::move(*m));
    return true;
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return page;
}

result<history_page> store::load_tail(std::string_view room_id, std::size_t count_max,
                                      std::size_t bytes_max) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  history_page page;
  std::size_t bytes = 0;
  it->SeekToLast();
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    page.has_more = page.messages.size() == count_max;
    if (page.has_more) return false;
    auto m = read_message(impl_->directory, room_id, key, value);
    if (!m) return tl::unexpected(std::move(m.error()));
    bytes += (*m)->bytes();
    page.has_more = bytes > bytes_max;
    if (page.has_more) return false;
    page.messages.push_back(std::move(*m));
    return true;
  };
  if (auto done = impl_->scan(*it, true, visit); !done)
    return tl::unexpected(std::move(done.error()));
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

result<sequence> store::first_sequence(std::string_view room_id) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  it->SeekToFirst();
  if (!it->status().ok()) return describe(it->status(), impl_->directory);
  if (!it->Valid()) return sequence{0};
  return codec::sequence_of_key(it->key().ToStringView(), room_id);
}

result<std::vector<room_definition>> store::rooms() const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const rocksdb::Slice end = codec::rooms_end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(options));
  std::vector<room_definition> rooms;
  it->Seek(codec::rooms_begin);
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    room_definition room;
    room.id = key.substr(codec::rooms_begin.size());
    if (!codec::decode(value, room))
      return damaged(impl_->directory, "room " + room.id + " is unreadable");
    rooms.push_back(std::move(room));
    return true;
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return rooms;
}

}  // namespace chat
