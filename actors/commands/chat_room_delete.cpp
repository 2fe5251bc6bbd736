#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"

namespace chat {

namespace {

using namespace inputs;

// Deletes a room for good. A later room of the same id starts with message ids that this one never
// gave out.
void run_chat_room_delete(command_run_ptr run) {
  delete_room q{std::string(run->in().text("roomId")), run->is_dry()};
  ask_for<room_found>(run, run->hub(), std::move(q), [run](const room_found& f) {
    if (run->is_dry())
      return run->would("delete room \"" + f.definition.id + "\" with all its messages, and send " +
                        std::to_string(f.participants) + " participant(s) away");
    run->finish(room_result(f, "deleted"));
  });
}

constexpr std::array room_delete_fields{room_id, idempotency_key, dry_run};

constexpr std::string_view room_delete_tags[] = {"chat", "write", "admin"};
constexpr errc room_delete_errors[] = {errc::validation_error, errc::room_not_found,
                                       errc::storage_unavailable, errc::overloaded, errc::timeout};

}  // namespace

constinit const command_row chat_room_delete_row{
    .name = "chat-room-delete",
    .category = "chat",
    .description = "Delete a room with all its messages; who is in it is sent away",
    .tags = room_delete_tags,
    .fields = room_delete_fields,
    .output = room_schema,
    .errors = room_delete_errors,
    .mutation = true,
    .destructive = true,
    .needs = scope::admin,
    .run = run_chat_room_delete};

}  // namespace chat
