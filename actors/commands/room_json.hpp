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

/// What write_room writes, as JSON Schema.
inline constexpr std::string_view room_schema =
    R"({"type":"object","properties":{)"
    R"("id":{"type":"string","description":"What other commands take as roomId"},)"
    R"("name":{"type":"string","description":"Display name"},)"
    R"("description":{"type":"string","description":"What the room is for"},)"
    R"("participants":{"type":"integer","description":"How many are connected now"},)"
    R"("maxParticipants":{"type":"integer","description":"How many may be connected at a time"},)"
    R"("available":{"type":"boolean","description":"Whether one more may connect"},)"
    R"("visibility":{"type":"string","enum":["private"],)"
    R"("description":"private: only its members know of it. Absent: it is for all"},)"
    R"("members":{"type":"array","items":{"type":"string"},)"
    R"("description":"User IDs of a private room's members, for those who may change them"}},)"
    R"("required":["id","name","participants","maxParticipants","available"]})";

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

/// Tells of members given to a room that is for all.
inline void warn_of_members(command_result& r, const command_input& in,
                            const room_definition& room) {
  if (in.has("members") && !room.is_private)
    r.warnings.push_back({"MEMBERS_WITHOUT_EFFECT",
                          "members count only with visibility private; this room is for all"});
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
