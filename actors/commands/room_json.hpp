#pragma once
// A room as commands show it.

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/protocol.hpp"
#include "model/command_result.hpp"
#include "model/json_writer.hpp"
#include "model/room.hpp"

namespace chat {

/// Writes `{id, name, description?, participants, maxParticipants, available, visibility?}`, and
/// `members` for those who may change them.
inline void write_room(json_writer& json, const room_definition& room, std::uint32_t participants,
                       bool with_members = false) {
  json.begin_object().field("id", room.id).field("name", room.name);
  if (!room.description.empty()) json.field("description", room.description);
  json.field("participants", participants).field("maxParticipants", room.participants_max);
  json.field("available", participants < room.participants_max);
  if (room.is_private) json.field("visibility", "private");
  if (room.is_private && with_members) {
    json.key("members").begin_array();
    for (const auto& member : room.members) json.string(member);
    json.end_array();
  }
  json.end_object();
}

/// The answer of a command that changed a room.
inline command_result room_result(const room_found& room, std::string_view what) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  write_room(json, room.definition, room.participants, true);
  r.reasoning = "Room \"" + room.definition.name + "\" " + std::string(what);
  return r;
}

}  // namespace chat
