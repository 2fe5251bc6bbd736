#pragma once
// Reactions of a room's members to its messages.

#include "actors/room.hpp"

namespace chat {

/// Tells everybody in the room. MESSAGE_NOT_FOUND, to its sender alone, for what is no message
/// that can be read: not there yet, deleted, or the id of a change. Exactly one receipt follows.
void on_reaction(room_actor* self, const room_reaction& r);

}  // namespace chat
