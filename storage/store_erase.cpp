// What becomes of deleted rooms and messages: gone for readers at once, then removed, then out of
// the files.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "storage/store_impl.hpp"

namespace chat {

namespace {

/// Of a deleted room, how many entries go with one batch, and how many bytes are read for that: a
/// millisecond.
constexpr std::size_t removals_max = 1'000;
constexpr std::size_t removal_bytes_max = 1 << 20;
/// Ranges of keys with less than this between them are rewritten as one: about half a table.
constexpr std::uint64_t erase_gap_bytes = 8 << 20;

struct key_range {
  std::string begin, end;
};

key_range messages_of(std::string_view room_id) {
  key_range range{{}, codec::messages_end(room_id)};
  codec::encode_message_key(range.begin, room_id, 0);
  return range;
}

key_range words_of(std::string_view room_id) {
  key_range range{{}, codec::words_end(room_id)};
  codec::encode_words_key(range.begin, room_id, 0);
  return range;
}

std::vector<key_range> ranges_of(const std::vector<erasure>& what) {
  std::vector<key_range> ranges;
  for (const auto& e : what) {
    if (e.whole) {
      ranges.push_back(messages_of(e.room_id));
      ranges.push_back(words_of(e.room_id));
      auto& room = ranges.emplace_back();
      codec::encode_room_key(room.begin, e.room_id);
      room.end = room.begin;
    } else {
      auto& entries = ranges.emplace_back();
      codec::encode_message_key(entries.begin, e.room_id, e.first);
      codec::encode_message_key(entries.end, e.room_id, e.last);
    }
  }
  return ranges;
}

// In order, those that lie close together as one.
std::vector<key_range> joined(rocksdb::DB& db, std::vector<key_range> ranges) {
  std::ranges::sort(ranges, {}, &key_range::begin);
  std::vector<key_range> joined;
  for (auto& next : ranges) {
    std::uint64_t between = 0;
    if (!joined.empty() && joined.back().end < next.begin) {
      const rocksdb::Range gap(joined.back().end, next.begin);
      db.GetApproximateSizes(&gap, 1, &between);
    }
    if (joined.empty() || between > erase_gap_bytes)
      joined.push_back(std::move(next));
    else
      joined.back().end = std::max(joined.back().end, next.end);
  }
  return joined;
}

}  // namespace

void store::stage_no_room(std::string_view room_id, sequence floor) {
  codec::encode_room_key(impl_->key, room_id);
  impl_->batch.Delete(impl_->key);
  impl_->batch.Put(codec::floor_key, codec::encode_floor(floor));
  impl_->numbers.raise(floor);
  impl_->to_erase.stage_room(impl_->batch, room_id, false);
}

std::vector<std::string> store::rooms_to_remove() const {
  return impl_->to_erase.rooms_to_remove();
}

result<bool> store::has_messages(std::string_view room_id) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  it->SeekToFirst();
  if (!it->status().ok()) return describe(it->status(), impl_->directory);
  return it->Valid();
}

// Key by key: an iterator with bounds over what RocksDB 7.8's DeleteRange removed ends in one of
// its assertions. Each step begins where the last one ended, else it would walk over the tombstones
// of all before it.
result<bool> store::stage_no_messages(std::string_view room_id) {
  if (!impl_->db) return impl_->fail_closed();
  auto& from = impl_->removal_at[std::string(room_id)];
  std::size_t count = 0;
  std::size_t bytes = 0;
  bool more = false;
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    more = count == removals_max || bytes >= removal_bytes_max;
    if (more) return false;
    impl_->batch.Delete(rocksdb::Slice(key.data(), key.size()));
    ++count;
    bytes += value.size();
    from = key;
    return true;
  };
  for (const auto& range : {messages_of(room_id), words_of(room_id)}) {  // in their order
    if (more || from >= range.end) continue;
    const rocksdb::Slice upper = range.end;
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(options));
    it->Seek(std::max(from, range.begin));
    if (auto done = impl_->scan(*it, false, visit); !done)
      return tl::unexpected(std::move(done.error()));
  }
  if (more) return true;
  impl_->removal_at.erase(impl_->removal_at.find(room_id));
  impl_->words.forget(room_id);
  impl_->to_erase.stage_room(impl_->batch, room_id, true);
  return false;
}

bool store::has_erasures() const { return !impl_->to_erase.is_empty(); }

std::vector<erasure> store::erasures_due() const { return impl_->to_erase.due(); }

void store::stage_erased(const std::vector<erasure>& done) {
  impl_->to_erase.stage_done(impl_->batch, done);
}

// Compacting a range merges what all levels have in it, so that no old value is left below the new
// one, and what the memtable and the log have is written out before.
result<bool> store::erase(const std::vector<erasure>& what) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.canceled = &impl_->stops_erasing;
  for (const auto& range : joined(*impl_->db, ranges_of(what))) {
    if (impl_->erases_no_more || impl_->stops_erasing) return false;
    const rocksdb::Slice begin = range.begin;
    const rocksdb::Slice end = range.end;
    const auto status = impl_->db->CompactRange(options, &begin, &end);
    if (status.IsIncomplete()) return false;  // it was told to stop
    if (!status.ok()) {
      // Whatever is damaged stays so: trying again would only have RocksDB refuse writes again.
      if (status.IsCorruption()) impl_->erases_no_more = true;
      return describe(status, impl_->directory);
    }
  }
  return true;
}

void store::stop_erasing() const { impl_->erases_no_more = impl_->stops_erasing = true; }

}  // namespace chat
