#pragma once
// A room as commands show it.

#include <cstdint>

#include "model/json_writer.hpp"
#include "model/message.hpp"

namespace chat {

/// Writes `{id, name, description?, participants, maxParticipants, available}`.
inline void write_room(json_writer& json, const room_definition& room, std::uint32_t participants) {
  json.begin_object().field("id", room.id).field("name", room.name);
  if (!room.description.empty()) json.field("description", room.description);
  json.field("participants", participants).field("maxParticipants", room.participants_max);
  json.field("available", participants < room.participants_max).end_object();
}

}  // namespace chat
