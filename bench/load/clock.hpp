#pragma once
// Time as the harness counts it.

#include <cstdint>
#include <ctime>

namespace bench {

inline constexpr std::int64_t ns_per_s = 1'000'000'000;
inline constexpr std::int64_t ns_per_ms = 1'000'000;

/// CLOCK_MONOTONIC, in nanoseconds.
inline std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * ns_per_s + t.tv_nsec;
}

}  // namespace bench
