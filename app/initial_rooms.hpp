#pragma once
// The rooms that a node has when it starts.

#include <vector>

#include "model/failure.hpp"
#include "model/room.hpp"

namespace chat {

class store;

/// The store's rooms; a new store gets general, random and help, and each gets what it lacks of
/// `wanted`. What is added is stored.
result<std::vector<room_definition>> prepare_rooms(store& db,
                                                   const std::vector<room_definition>& wanted);

}  // namespace chat
