#pragma once
// Numbers that one actor writes and others may read at any time, without asking.

#include <atomic>
#include <cstdint>

#include "model/message.hpp"
#include "model/session.hpp"

namespace chat {

/// Written by the room.
struct room_gauge {
  std::atomic<std::uint32_t> participants{0};
  std::atomic<std::uint64_t> published{0};  ///< messages since the node started
  std::atomic<sequence> committed{0};       ///< the newest message; 0 until it is known
};

/// Written by the session, but for `sent`, which the room counts at the commit.
struct session_gauge {
  std::atomic<session_state> state{session_state::pending};
  std::atomic<std::int64_t> deadline_ms{0};  ///< node time: when to look at it again
  std::atomic<std::uint64_t> sent{0};
};

}  // namespace chat
