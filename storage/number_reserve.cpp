#include "storage/number_reserve.hpp"

#include <algorithm>
#include <chrono>

#include "model/limits.hpp"
#include "storage/codec.hpp"

namespace chat {

namespace {

// An absent record is 0.
bool take(const std::string& value, sequence& out) {
  return value.empty() || codec::decode_floor(value, out);
}

}  // namespace

bool number_reserve::load(const std::string& stored, const std::string& removed, bool is_new,
                          std::int64_t now_us) {
  sequence of_removed = 0;
  if (!take(stored, stored_) || !take(removed, of_removed)) return false;
  if (is_new) return true;
  const bool is_sane = now_us > 0 && now_us < limits::clock_numbers_max;
  floor_ = std::max({stored_, of_removed, is_sane ? static_cast<sequence>(now_us) : 0});
  return true;
}

void number_reserve::raise(sequence floor) { floor_ = std::max(floor_.load(), floor); }

void number_reserve::stage(rocksdb::WriteBatch& batch, std::uint64_t number) {
  if (number <= std::max(stored_, staged_)) return;
  staged_ = number + limits::numbers_reserved;
  batch.Put(codec::numbers_key, codec::encode_floor(staged_));
}

void number_reserve::on_batch_over(bool is_committed) {
  if (is_committed) stored_ = std::max(stored_, staged_);
  staged_ = 0;
}

std::int64_t microseconds_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace chat
