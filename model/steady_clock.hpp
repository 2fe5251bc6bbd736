#pragma once

#include <chrono>
#include <cstdint>

namespace chat {

/// Milliseconds of the clock that never jumps, since some moment: for token buckets and deadlines
/// where no actor is near, whose clock tests could turn. Thread: any.
inline std::int64_t steady_clock_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace chat
