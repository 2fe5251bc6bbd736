#include <algorithm>

#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"
#include "model/ids.hpp"

namespace chat {

// Makes a room that outlives the node.
void run_chat_room_create(command_run_ptr run) {
  const auto& in = run->in();
  room_definition room;
  room.id = in.text("roomId");
  room.name = in.has("name") ? in.text("name") : in.text("roomId");
  room.description = in.text("description");
  room.participants_max = static_cast<std::uint32_t>(in.integer("maxParticipants"));
  room.created_ms = wall_clock_ms();
  room.is_private = in.text("visibility") == "private";
  room.members = in.texts("members");
  const auto& me = run->who().user_id;
  if (room.is_private && std::ranges::find(room.members, me) == room.members.end())
    room.members.push_back(me);
  ask_for<room_found>(run, run->hub(), create_room{std::move(room)}, [run](const room_found& f) {
    auto r = room_result(f, "created");
    json_writer(r.hints)
        .begin_object()
        .field("nextAction", "Call chat-connect with roomId=\"" + f.definition.id + '"')
        .end_object();
    run->finish(std::move(r));
  });
}

}  // namespace chat
