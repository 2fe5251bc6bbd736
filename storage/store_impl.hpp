#pragma once
// What store.cpp, which writes, and store_read.cpp share. Private to this folder.

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/codec.hpp"
#include "storage/database.hpp"
#include "storage/erasures.hpp"
#include "storage/number_reserve.hpp"
#include "storage/store.hpp"
#include "storage/word_index.hpp"

namespace chat {

struct store::impl {
  std::filesystem::path directory;
  rocksdb::WriteOptions write_options;
  rocksdb::WriteBatch batch;
  /// Entries that changes of messages have rewritten in the batch, by key: what the next change in
  /// it begins with.
  std::map<std::string, std::string, std::less<>> rewritten;
  std::string key, value;  // staging's scratch memory
  word_index words;
  number_reserve numbers;
  erasures to_erase;
  /// Rooms whose messages are being removed: where the last step ended.
  std::map<std::string, std::string, std::less<>> removal_at;
  std::atomic<bool> stops_erasing{false};   ///< for a moment, or …
  std::atomic<bool> erases_no_more{false};  ///< … for good

  /// Shared by every read; exclusive while recover() closes and reopens. The writing thread
  /// itself reads `db` without it, being the only one to change it.
  mutable std::shared_mutex db_mutex;
  database db;  // null when reopening failed

  bool failed = false;  // since the last failed write, until a recover() that worked
  rocksdb::WriteBatch undo;
  std::uint64_t reopen_bytes = write_buffer_bytes;

  result<void> load_numbers(bool is_new);
  result<void> write_batch();
  result<void> write(rocksdb::WriteBatch& what, const rocksdb::WriteOptions& how);
  void on_write_failed(const rocksdb::WriteBatch& lost);
  result<void> reopen();

  /// To be called with what the entry whose last message is `last` holds, by whoever stages that
  /// anew with other texts. Messages that go need it not.
  void stage_words(std::string_view room_id, sequence last, std::span<const message_ptr> messages) {
    words.restage(*db, batch, room_id, last, messages);
  }

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

/// Calls `visit(stored_message)` for each message of one entry while it answers true. Answers
/// whether it always did.
template <class Visit>
result<bool> visit_messages(const std::filesystem::path& directory, std::string_view room_id,
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

}  // namespace chat
