#pragma once
// How messages of a room are edited and deleted. A change takes a place in the room's order, as a
// message does, so that whoever follows the room sees it; its target is read in its new form from
// then on.

#include "actors/room.hpp"

namespace chat {

/// What is said to who comes while the room is being deleted: that may fail, so it is not gone yet.
failure being_deleted();

/// Checks a change and gives it its place. While one change of a message is under way others are
/// refused (OVERLOADED).
caf::result<submit_reply> change(room_actor* self, change_message& wanted);

/// A change was committed: in the tail its target becomes what it is now, and earlier changes of it
/// lose their text, also where the target itself is not in the tail.
void apply_change(room_state& st, const message& change);

}  // namespace chat
