#include "storage/store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "storage/codec.hpp"
#include "storage/database.hpp"
#include "storage/undo_writer.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

/// Room for what opening writes beside the memtables: manifest, options, a new log.
constexpr std::uint64_t reopen_slack_bytes = 1 << 20;
/// What one value holds, but for a message that is longer by itself: about a block of RocksDB's, so
/// that reading few messages reads few.
constexpr std::size_t value_bytes_max = 16 * 1024;
/// Of a deleted room's messages, how many entries go with one batch.
constexpr std::size_t removals_max = 10'000;

}  // namespace

// --- the store ----------------------------------------------------------------------------------

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
    return storage_failure(
        "the store in \"" + directory.string() + "\" is closed after a failed write",
        "Wait: it is opened again as soon as its disk can be written");
  }

  /// Calls `visit(key, value)` from the iterator's position on while it answers true.
  template <class Visit>
  result<void> scan(rocksdb::Iterator& it, bool backwards, Visit visit) const;
  template <class Item, class TakeKey>
  result<std::vector<Item>> load_all(std::string_view begin, std::string_view end,
                                     TakeKey take_key) const;
};

result<std::unique_ptr<store>> store::open(const fs::path& directory, durability mode,
                                           std::chrono::milliseconds patience) {
  auto db = open_or_create(directory, patience);
  if (!db) return tl::unexpected(std::move(db.error()));
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

// --- writing ------------------------------------------------------------------------------------

void store::stage_messages(std::string_view room_id, std::span<const message_ptr> messages) {
  while (!messages.empty()) {
    std::size_t count = 1;
    auto bytes = messages[0]->bytes();
    while (count < messages.size() && (bytes += messages[count]->bytes()) <= value_bytes_max)
      ++count;
    codec::encode_message_key(impl_->key, room_id, messages[count - 1]->seq);
    codec::encode(impl_->value, messages.first(count));
    impl_->batch.Put(impl_->key, impl_->value);
    messages = messages.subspan(count);
  }
}

void store::stage_room(const room_definition& room) {
  codec::encode_room_key(impl_->key, room.id);
  codec::encode(impl_->value, room);
  impl_->batch.Put(impl_->key, impl_->value);
}

void store::stage_no_room(std::string_view room_id, sequence floor) {
  codec::encode_room_key(impl_->key, room_id);
  impl_->batch.Delete(impl_->key);
  impl_->batch.Put(codec::floor_key, codec::encode_floor(floor));
}

void store::stage_session(const session_record& session) {
  codec::encode_session_key(impl_->key, session.number);
  codec::encode(impl_->value, session);
  impl_->batch.Put(impl_->key, impl_->value);
}

void store::stage_no_session(std::uint64_t number) {
  codec::encode_session_key(impl_->key, number);
  impl_->batch.Delete(impl_->key);
}

std::size_t store::staged_bytes() const {
  return impl_->batch.Count() == 0 ? 0 : impl_->batch.GetDataSize();
}

void store::drop() { impl_->batch.Clear(); }

result<void> store::commit() {
  result<void> done;
  if (impl_->failed)
    done = storage_failure(
        "the store in \"" + impl_->directory.string() + "\" has not recovered from a failure",
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

// After a failed write to its log RocksDB 7.8 must be closed: the log's writer keeps its error
// (facebook/rocksdb#11643), its own recovery had not ended 12 s after space was back, and until
// then Resume() answers Busy (measured on a full tmpfs). Writing on after a torn record would put
// acknowledged data where no start finds it, so even a Resume() that worked would not do.
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
  if (auto room = probe_space(directory, reopen_bytes + reopen_slack_bytes); !room) return room;
  const std::unique_lock lock(db_mutex);
  db.reset();
  auto opened = open_again(directory);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  db = std::move(*opened);
  return {};
}

// --- reading ------------------------------------------------------------------------------------

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

message_ptr to_message(const codec::stored_message& m) {
  auto out = std::make_shared<message>();
  out->seq = m.seq;
  out->timestamp_ms = m.timestamp_ms;
  out->sender = m.sender;
  out->author = m.author;
  out->client_id = m.client_id;
  out->text = m.text;
  return out;
}

/// Calls `visit(stored_message)` for each message of one entry while it answers true. Answers
/// whether it always did.
template <class Visit>
result<bool> visit_messages(const fs::path& directory, std::string_view room_id,
                            std::string_view key, std::string_view value, Visit visit) {
  const auto last = codec::sequence_of_key(key, room_id);
  if (last == 0)
    return damaged(directory, "room " + std::string(room_id) + " has a message without sequence");
  codec::message_reader in(value, last);
  using outcome = codec::message_reader::outcome;
  codec::stored_message m;
  while (true) switch (in.next(m)) {
      case outcome::some:
        if (!visit(m)) return false;
        break;
      case outcome::end:
        return true;
      case outcome::damaged:
        return damaged(directory, "message " + std::to_string(last) + " of room " +
                                      std::string(room_id) + " is unreadable");
    }
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
  const auto add = [&](const codec::stored_message& m) {
    if (m.seq <= after) return true;
    page.has_more = page.messages.size() == limit;
    if (!page.has_more) page.messages.push_back(to_message(m));
    return !page.has_more;
  };
  const auto visit = [&](std::string_view key, std::string_view value) {
    return visit_messages(impl_->directory, room_id, key, value, add);
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return page;
}

result<history_page> store::load_newest(std::string_view room_id, sequence after,
                                        std::size_t count_max, std::size_t bytes_max,
                                        sequence before) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  history_page page;
  std::size_t bytes = 0;
  // The first entry that may hold `before` may also hold older ones.
  std::string from;
  codec::encode_message_key(from, room_id, before);
  it->Seek(from);
  if (!it->Valid()) it->SeekToLast();
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    std::vector<message_ptr> entry;
    if (codec::sequence_of_key(key, room_id) <= after) return false;
    auto read = visit_messages(impl_->directory, room_id, key, value, [&](const auto& m) {
      if (m.seq > after && m.seq < before) entry.push_back(to_message(m));
      return true;
    });
    if (!read) return read;
    for (auto m = entry.rbegin(); m != entry.rend() && !page.has_more; ++m) {
      bytes += (*m)->bytes();
      page.has_more = page.messages.size() == count_max || bytes > bytes_max;
      if (!page.has_more) page.messages.push_back(std::move(*m));
    }
    return !page.has_more;
  };
  if (auto done = impl_->scan(*it, true, visit); !done) {
    if (page.messages.empty()) return tl::unexpected(std::move(done.error()));
    page.has_more = true;
  }
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

result<sequence> store::floor() const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  std::string value;
  const auto status = impl_->db->Get({}, codec::floor_key, &value);
  sequence floor = 0;
  if (status.IsNotFound()) return floor;
  if (!status.ok()) return describe(status, impl_->directory);
  if (!codec::decode_floor(value, floor))
    return damaged(impl_->directory, "its floor is unreadable");
  return floor;
}

result<sequence> store::first_sequence(std::string_view room_id) const {
  const auto first = load_after(room_id, 0, 1);
  if (!first) return tl::unexpected(first.error());
  return first->messages.empty() ? 0 : first->messages.front()->seq;
}

/// Reads what `decode` makes of every value between two keys, and `take_key` of the keys.
template <class Item, class TakeKey>
result<std::vector<Item>> store::impl::load_all(std::string_view begin, std::string_view end,
                                                TakeKey take_key) const {
  const std::shared_lock lock(db_mutex);
  if (!db) return fail_closed();
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
  std::vector<Item> items;
  it->Seek(begin);
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    Item item;
    if (!take_key(key, item) || !codec::decode(value, item))
      return damaged(directory, "a record of " + std::string(begin) + "… is unreadable");
    items.push_back(std::move(item));
    return true;
  };
  if (auto done = scan(*it, false, visit); !done) return tl::unexpected(std::move(done.error()));
  return items;
}

result<std::vector<room_definition>> store::rooms() const {
  return impl_->load_all<room_definition>(codec::rooms_begin, codec::rooms_end,
                                          [](std::string_view key, room_definition& room) {
                                            room.id = key.substr(codec::rooms_begin.size());
                                            return true;
                                          });
}

// Key by key: an iterator with bounds over what RocksDB 7.8's DeleteRange removed ends in one of
// its assertions.
result<bool> store::stage_no_messages(std::string_view room_id, sequence last) {
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  it->SeekToFirst();
  std::size_t count = 0;
  const auto visit = [&](std::string_view key, std::string_view) -> result<bool> {
    if (codec::sequence_of_key(key, room_id) > last || count == removals_max) return false;
    impl_->batch.Delete(rocksdb::Slice(key.data(), key.size()));
    ++count;
    return true;
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return count == removals_max;
}

result<std::vector<session_record>> store::sessions() const {
  return impl_->load_all<session_record>(codec::sessions_begin, codec::sessions_end,
                                         [](std::string_view key, session_record& session) {
                                           session.number = codec::number_of_key(key);
                                           return session.number > 0;
                                         });
}

}  // namespace chat
