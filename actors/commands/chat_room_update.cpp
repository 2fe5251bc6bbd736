#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"

namespace chat {

// Changes what is given. Whoever may not be in the room any more is sent away (4006).
void run_chat_room_update(command_run_ptr run) {
  const auto& in = run->in();
  room_changes changes;
  if (in.has("name")) changes.name = in.text("name");
  if (in.has("description")) changes.description = in.text("description");
  if (in.has("maxParticipants"))
    changes.participants_max = static_cast<std::uint32_t>(in.integer("maxParticipants"));
  if (in.has("visibility")) changes.is_private = in.text("visibility") == "private";
  if (in.has("members")) changes.members = in.texts("members");
  update_room q{std::string(in.text("roomId")), std::move(changes)};
  ask_for<room_found>(run, run->hub(), std::move(q),
                      [run](const room_found& f) { run->finish(room_result(f, "changed")); });
}

}  // namespace chat
