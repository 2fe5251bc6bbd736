#pragma once
// Numbers that one actor writes and others may read at any time, without asking.

#include <array>
#include <atomic>
#include <cstdint>

#include "model/histogram.hpp"
#include "model/message.hpp"
#include "model/session.hpp"

namespace chat {

/// How much of something there was lately: over ten to twenty seconds, by node time. One thread
/// adds, any reads; who reads while ten seconds end may get a little too much or too little.
class recent_count {
 public:
  void add(std::uint64_t n, std::int64_t now_ms) {
    turn_to(now_ms / window_ms);
    current_.store(current_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  /// In a thousand seconds.
  std::uint64_t per_kilosecond(std::int64_t now_ms) const {
    const auto age = now_ms / window_ms - window_.load(std::memory_order_relaxed);
    const auto passed = static_cast<std::uint64_t>(now_ms % window_ms);
    const auto newest = current_.load(std::memory_order_relaxed);
    const auto before = age == 0 ? previous_.load(std::memory_order_relaxed) : newest;
    if (age > 1) return 0;
    const auto counted = (age == 0 ? newest : 0) * window_ms + before * (window_ms - passed);
    return counted * 1000 / window_ms * 1000 / window_ms;
  }

 private:
  static constexpr std::int64_t window_ms = 10'000;

  void turn_to(std::int64_t window) {
    const auto last = window_.load(std::memory_order_relaxed);
    if (window == last) return;
    const auto newest = current_.load(std::memory_order_relaxed);
    previous_.store(window == last + 1 ? newest : 0, std::memory_order_relaxed);
    current_.store(0, std::memory_order_relaxed);
    window_.store(window, std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> window_{0};
  std::atomic<std::uint64_t> current_{0};   // in this window …
  std::atomic<std::uint64_t> previous_{0};  // … and in the one before it
};

/// Buckets of a loop's turns, in microseconds: a chat goes unnoticed up to some milliseconds.
inline constexpr std::array<std::uint64_t, 13> turn_bounds{
    10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000, 50'000, 200'000, 1'000'000};

/// Written by one I/O loop.
struct loop_gauge {
  histogram turns{turn_bounds};              ///< microseconds at work before others had their turn
  std::atomic<std::uint64_t> lag_micros{0};  ///< the longest wait for a turn, of the last second
  std::atomic<std::uint64_t> outbox_bytes{0};  ///< queued on its sockets, before encryption
};

/// Written by the room.
struct room_gauge {
  std::atomic<std::uint32_t> participants{0};
  std::atomic<std::uint64_t> published{0};  ///< messages since the node started
  recent_count lately;                      ///< of them
  std::atomic<sequence> committed{0};       ///< the newest message; 0 until it is known
};

/// Written by the session, but for `sent`, which the room counts at the commit.
struct session_gauge {
  std::atomic<session_state> state{session_state::pending};
  std::atomic<std::int64_t> deadline_ms{0};  ///< node time: when to look at it again
  std::atomic<std::uint64_t> sent{0};
};

}  // namespace chat
