#include "storage/word_index.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "model/limits.hpp"
#include "storage/codec.hpp"
#include "storage/database.hpp"
#include "storage/word_filter.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

constexpr int rooms_per_sweep = 100;
constexpr int stretches_per_look = 100;
constexpr auto no_end = std::numeric_limits<sequence>::max();

using iterator_ptr = std::unique_ptr<rocksdb::Iterator>;

iterator_ptr make_iterator(rocksdb::DB& db) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // it is for those who read the rooms
  return iterator_ptr(db.NewIterator(options));
}

/// The last sequence that a stretch of the room speaks of, 0 where there is none.
sequence indexed_up_to(rocksdb::Iterator& it, std::string_view room_id) {
  std::string key;
  codec::encode_words_key(key, room_id, no_end);
  it.SeekForPrev(key);
  return it.Valid() ? codec::sequence_of_words_key(it.key().ToStringView(), room_id) : 0;
}

tl::unexpected<failure> unreadable(const fs::path& directory, std::string_view room_id) {
  return damaged(directory, "the words of room " + std::string(room_id) + " are unreadable");
}

/// The messages of a stretch, as they become its value.
class stretch {
 public:
  explicit stretch(sequence first)
      : words_{words_version(), first, std::numeric_limits<std::int64_t>::max(), {}} {}

  /// Adds an entry. False when it is damaged.
  bool add(std::string_view value, sequence last) {
    codec::message_reader in(value, last);
    codec::stored_message m;
    auto outcome = in.next(m);
    for (; outcome == codec::message_reader::outcome::some; outcome = in.next(m)) {
      filter_.add(m.text);
      words_.oldest_ms = std::min(words_.oldest_ms, m.timestamp_ms);
      ++count_;
    }
    bytes_ += value.size();
    last_ = last;
    return outcome != codec::message_reader::outcome::damaged;
  }
  bool is_full() const {
    return count_ >= limits::word_stretch_messages || bytes_ >= limits::word_stretch_bytes;
  }
  std::size_t count() const { return count_; }
  sequence last() const { return last_; }

  std::string value() {
    words_.filter = filter_.fold();
    std::string out;
    codec::encode(out, words_);
    return out;
  }

 private:
  codec::stored_words words_;
  word_filter filter_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  sequence last_ = 0;
};

}  // namespace

void word_index::note(progress& room, std::string_view room_id) {
  if (room.is_due || room.newest < room.from + limits::word_stretch_messages) return;
  room.is_due = true;
  due_.emplace_back(room_id);
}

void word_index::saw(std::string_view room_id, sequence first, sequence last) {
  auto at = rooms_.find(room_id);
  if (at == rooms_.end())
    at = rooms_.emplace(std::string(room_id), progress{first - 1, last, false}).first;
  at->second.newest = last;
  note(at->second, room_id);
}

void word_index::forget(std::string_view room_id) {
  if (const auto at = rooms_.find(room_id); at != rooms_.end()) rooms_.erase(at);
}

result<void> word_index::stage_next(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                                    const fs::path& directory) {
  if (due_.empty()) {
    if (swept_) return sweep(db, directory);
    return renewed_ ? renew(db, batch, directory) : result<void>();
  }
  const auto room_id = std::exchange(due_.front(), {});
  due_.pop_front();
  return stage_stretch(db, batch, directory, room_id);
}

result<void> word_index::stage_stretch(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                                       const fs::path& directory, const std::string& room_id) {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return {};
  room->second.is_due = false;
  const auto it = make_iterator(db);
  const auto before = indexed_up_to(*it, room_id);
  stretch next(before + 1);
  std::string key;
  codec::encode_message_key(key, room_id, before + 1);
  for (it->Seek(key); it->Valid() && !next.is_full(); it->Next()) {
    const auto of_entry = codec::sequence_of_key(it->key().ToStringView(), room_id);
    if (of_entry == 0) break;
    if (!next.add(it->value().ToStringView(), of_entry)) return unreadable(directory, room_id);
  }
  if (!it->status().ok()) return describe(it->status(), directory);
  auto& progress = room->second;
  if (!next.is_full()) {
    progress.from = progress.newest - std::min<sequence>(progress.newest, next.count());
    return {};
  }
  codec::encode_words_key(key, room_id, next.last());
  batch.Put(key, next.value());
  progress.from = next.last();
  note(progress, room_id);
  return {};
}

// Makes the next stretch anew that is of another version. One that is damaged is left to those who
// repair the store.
result<void> word_index::renew(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                               const fs::path& directory) {
  const auto ours = codec::encode_index_version(words_version());
  if (renewed_->empty()) {
    std::string found;
    const auto status = db.Get({}, codec::index_key, &found);
    if (!status.ok() && !status.IsNotFound()) return describe(status, directory);
    if (found == ours) {
      renewed_.reset();
      return {};
    }
    renewed_ = codec::words_begin;
  }
  const auto it = make_iterator(db);
  it->Seek(*renewed_);
  for (int looked = 0; it->Valid(); it->Next()) {
    const auto key = it->key().ToStringView();
    renewed_ = std::string(key) + '\0';
    const auto room_id = codec::room_of_key(key);
    const auto last = codec::sequence_of_words_key(key, room_id);
    codec::stored_words words;
    if (last == 0 || !codec::decode(it->value().ToStringView(), words) ||
        words.version == words_version()) {
      if (++looked == stretches_per_look) return {};
      continue;
    }
    return restage_stretch(db, batch, directory, std::string(key), words.first);
  }
  if (!it->status().ok()) return describe(it->status(), directory);
  batch.Put(codec::index_key, ours);
  renewed_.reset();
  return {};
}

result<void> word_index::restage_stretch(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                                         const fs::path& directory, const std::string& words_key,
                                         sequence first) {
  const auto room_id = codec::room_of_key(words_key);
  const auto last = codec::sequence_of_words_key(words_key, room_id);
  const auto it = make_iterator(db);
  stretch anew(first);
  std::string key;
  codec::encode_message_key(key, room_id, first);
  for (it->Seek(key); it->Valid(); it->Next()) {
    const auto of_entry = codec::sequence_of_key(it->key().ToStringView(), room_id);
    if (of_entry == 0 || of_entry > last) break;
    if (!anew.add(it->value().ToStringView(), of_entry)) return unreadable(directory, room_id);
  }
  if (!it->status().ok()) return describe(it->status(), directory);
  batch.Put(words_key, anew.value());
  return {};
}

// Rooms that are written to find out by themselves, but for what they had before.
result<void> word_index::sweep(rocksdb::DB& db, const fs::path& directory) {
  const auto it = make_iterator(db);
  std::string key;
  for (int count = 0; count < rooms_per_sweep; ++count) {
    it->Seek(swept_->empty() ? "m" : *swept_);
    if (!it->status().ok()) {
      swept_.reset();
      return describe(it->status(), directory);
    }
    if (!it->Valid() || !codec::is_message_key(it->key().ToStringView())) {
      swept_.reset();
      return {};
    }
    const std::string room_id(codec::room_of_key(it->key().ToStringView()));
    swept_ = codec::messages_end(room_id);
    it->SeekForPrev(*swept_);
    if (!it->Valid()) continue;
    const auto newest = codec::sequence_of_key(it->key().ToStringView(), room_id);
    const auto before = indexed_up_to(*it, room_id);
    if (newest < before + limits::word_stretch_messages) continue;
    auto& room = rooms_[room_id];
    room.from = before;
    room.newest = std::max(room.newest, newest);
    note(room, room_id);
  }
  return {};
}

void word_index::restage(rocksdb::DB& db, rocksdb::WriteBatch& batch, std::string_view room_id,
                         sequence last, std::span<const message_ptr> messages) {
  const auto it = make_iterator(db);
  std::string key;
  codec::encode_words_key(key, room_id, last);
  it->Seek(key);
  // Where this cannot be read (a damaged block), no search can read it either, and none passes over
  // the new words.
  if (!it->Valid() || codec::sequence_of_words_key(it->key().ToStringView(), room_id) == 0) return;
  key = it->key().ToString();
  const auto staged = restaged_.find(key);
  const auto before = staged != restaged_.end() ? staged->second : it->value().ToString();
  codec::stored_words words;
  if (!codec::decode(before, words)) {
    batch.Delete(key);
    return;
  }
  if (words.first > last) return;
  word_filter filter(words.filter);
  for (const auto& m : messages) filter.add(m->text);
  words.filter = filter.fold();
  std::string value;
  codec::encode(value, words);
  if (value == before) return;
  batch.Put(key, value);
  restaged_[key] = std::move(value);
}

}  // namespace chat
