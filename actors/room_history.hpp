#pragma once
// How a room answers those who read it: from its tail, or through the storage actor.

#include <caf/fwd.hpp>

#include "actors/room.hpp"

namespace chat {

/// A page after the position asked for. For a position the room never gave out: where it begins.
caf::result<page_reply> read_room(room_actor* self, const read_history& r);

}  // namespace chat
