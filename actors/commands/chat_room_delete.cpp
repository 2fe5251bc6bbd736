#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"

namespace chat {

// Deletes a room for good. A later room of the same id starts with message ids that this one never
// gave out.
void run_chat_room_delete(command_run_ptr run) {
  delete_room q{std::string(run->in().text("roomId"))};
  ask_for<room_found>(run, run->hub(), std::move(q),
                      [run](const room_found& f) { run->finish(room_result(f, "deleted")); });
}

}  // namespace chat
