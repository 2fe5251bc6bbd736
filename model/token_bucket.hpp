#pragma once
// How much of something is allowed: so many a second in the long run, some more after a pause.

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace chat {

struct rate {
  double per_second = 0;
  double burst = 0;  ///< at once, after a pause; at least 1
};

/// A token bucket. Starts full. Times are milliseconds of any clock that never goes back.
class token_bucket {
 public:
  /// How long until there is a token; 0 when there is one.
  std::int64_t wait_ms(const rate& r, std::int64_t now_ms) const {
    const double lacking = missing(r, now_ms) + 1 - r.burst;
    if (lacking <= 0) return 0;
    return std::max<std::int64_t>(1, std::llround(std::ceil(lacking / r.per_second * 1000)));
  }
  /// Takes one, which has to be there.
  void take(const rate& r, std::int64_t now_ms) {
    missing_ = missing(r, now_ms) + 1;
    taken_ms_ = std::max(taken_ms_, now_ms);
  }
  bool is_full(const rate& r, std::int64_t now_ms) const { return missing(r, now_ms) == 0; }

 private:
  double missing(const rate& r, std::int64_t now_ms) const {
    const auto passed = static_cast<double>(std::max<std::int64_t>(0, now_ms - taken_ms_)) / 1000;
    return std::max(0.0, missing_ - passed * r.per_second);
  }

  double missing_ = 0;
  std::int64_t taken_ms_ = 0;
};

}  // namespace chat
