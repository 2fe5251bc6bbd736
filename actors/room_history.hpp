#pragma once
// How a room finds its messages for those who read it and for those who come back: in its tail, or
// through the storage actor.

#include <caf/fwd.hpp>
#include <functional>

#include "actors/room.hpp"

namespace chat {

/// A page after the position asked for. For a position the room never gave out: where it begins.
caf::result<page_reply> read_room(room_actor* self, const read_history& r);

/// A page before the position asked for, or as above.
caf::result<page_reply> read_room_back(room_actor* self, const read_back& r);

/// Calls `then` with the message or change that has this place in the room, null where none is
/// committed: now, or when the store has answered.
void find_message(room_actor* self, sequence seq,
                  std::function<void(const result<message_ptr>&)> then);

using missed_handler = std::function<void(page_reply)>;
/// What was published after `since`, as much of the newest as fits the limits of catching up, up to
/// the moment in which `then` runs: now, or when the store has answered.
void find_missed(room_actor* self, sequence since, missed_handler then);

}  // namespace chat
