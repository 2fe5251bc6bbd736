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
  ask_for<room_found>(run, run->hub(), create_room{std::move(room)}, [run](const room_found& f) {
    command_result r;
    r.data.clear();
    json_writer json(r.data);
    write_room(json, f.definition, f.participants);
    r.reasoning = "Room \"" + f.definition.name + "\" created";
    json_writer(r.hints)
        .begin_object()
        .field("nextAction", "Call chat-connect with roomId=\"" + f.definition.id + '"')
        .end_object();
    run->finish(std::move(r));
  });
}

}  // namespace chat
