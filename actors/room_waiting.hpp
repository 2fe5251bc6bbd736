#pragma once
// Those who read a room and wait for more (chat-poll with waitMs): parked until something comes
// that wakes them, or their time is up. One is a promise and a place in a map: no thread, no timer
// of its own.

#include <caf/fwd.hpp>
#include <caf/response_promise.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "actors/protocol.hpp"
#include "model/message.hpp"

namespace chat {

struct room_state;
using room_actor = caf::stateful_actor<room_state>;

/// Who waits in one room, the first to be answered first. Times are the actors' clock's.
struct parked_readers {
  using time = std::chrono::steady_clock::time_point;

  struct reader {
    caf::response_promise answer;
    sequence after = 0;
    std::size_t limit = 0;
    std::shared_ptr<const wake_condition> until;  ///< null: anything
    std::size_t unread = 0;                       ///< messages there are above `after` …
    std::size_t met = 0;                          ///< … of which so many met the condition
    interest_ptr who = {};
  };
  std::multimap<time, reader> by_deadline;
  std::optional<time> timer;  ///< the nearest message to itself under way
};

/// A page at once where something is there that the reader waits for, or a full page, or where it
/// is too far behind for the tail; else a promise of one.
caf::result<page_reply> read_or_wait(room_actor* self, const read_history& r);
/// The room has published `batch`, and its tail holds it.
void wake_readers(room_actor* self, std::span<const message_ptr> batch);
/// Answers whose time is up.
void answer_late_readers(room_actor* self);
/// Answers one that nobody waits for any more.
void answer_reader_of(room_actor* self, const stop_waiting& s);
/// Answers all of them: the room changes, or the node stops.
void answer_all_readers(room_actor* self);

}  // namespace chat
