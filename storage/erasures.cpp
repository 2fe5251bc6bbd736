#include "storage/erasures.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "storage/codec.hpp"

namespace chat {

// In a damaged block there may be more: they are read again when that is repaired.
void erasures::load(rocksdb::DB& db) {
  const rocksdb::Slice upper = codec::erasures_end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  for (it->Seek(codec::erasures_begin); it->Valid(); it->Next()) {
    erasure e;
    e.room_id = it->key().ToStringView().substr(codec::erasures_begin.size());
    // What cannot be read is taken for all there can be.
    if (!codec::decode(it->value().ToStringView(), e)) e = {.room_id = e.room_id, .whole = true};
    e.number = ++made_;
    take_in(std::move(e));
  }
}

const erasure* erasures::find(std::string_view room_id) const {
  if (const auto at = staged_.find(room_id); at != staged_.end())
    return at->second ? &*at->second : nullptr;
  const auto at = pending_.find(room_id);
  return at != pending_.end() ? &at->second : nullptr;
}

void erasures::take_in(erasure e) {
  removing_ += e.is_removed ? 0 : 1;
  auto& place = pending_[e.room_id];
  removing_ -= place.is_removed ? 0 : 1;
  place = std::move(e);
}

void erasures::put(rocksdb::WriteBatch& batch, erasure e, bool is_stored) {
  e.number = ++made_;
  if (!is_stored) {
    std::string key, value;
    codec::encode_erasure_key(key, e.room_id);
    codec::encode(value, e);
    batch.Put(key, value);
  }
  auto id = e.room_id;
  staged_.insert_or_assign(std::move(id), std::move(e));
}

void erasures::stage_entry(rocksdb::WriteBatch& batch, std::string_view room_id, sequence key) {
  const auto* before = find(room_id);
  auto e = before ? *before : erasure{.room_id = std::string(room_id), .first = key};
  const bool is_stored = e.first <= key && key <= e.last;
  e.first = e.last == 0 ? key : std::min(e.first, key);
  e.last = std::max(e.last, key);
  put(batch, std::move(e), is_stored);
}

void erasures::stage_room(rocksdb::WriteBatch& batch, std::string_view room_id, bool is_removed) {
  put(batch, {.room_id = std::string(room_id), .whole = true, .is_removed = is_removed}, false);
}

void erasures::stage_done(rocksdb::WriteBatch& batch, const std::vector<erasure>& done) {
  std::string key;
  for (const auto& e : done) {
    const auto* now = find(e.room_id);
    if (!now || now->number != e.number) continue;
    codec::encode_erasure_key(key, e.room_id);
    batch.Delete(key);
    staged_.insert_or_assign(e.room_id, std::nullopt);
  }
}

void erasures::on_committed() {
  for (auto& [room_id, e] : staged_)
    if (e)
      take_in(std::move(*e));
    else
      pending_.erase(room_id);  // its messages were removed before
  staged_.clear();
}

std::vector<erasure> erasures::due() const {
  std::vector<erasure> due;
  for (const auto& [room_id, e] : pending_)
    if (e.is_removed) due.push_back(e);
  return due;
}

std::vector<std::string> erasures::rooms_to_remove() const {
  std::vector<std::string> rooms;
  if (removing_ == 0) return rooms;
  for (const auto& [room_id, e] : pending_)
    if (!e.is_removed) rooms.push_back(room_id);
  return rooms;
}

}  // namespace chat
