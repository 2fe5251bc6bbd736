#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"

namespace chat {

namespace {

using namespace inputs;

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

constexpr std::array room_update_fields{room_id,    room_name, room_description, participants_limit,
                                        visibility, members};

constexpr std::string_view room_update_tags[] = {"chat", "write", "admin"};
constexpr errc room_update_errors[] = {errc::validation_error, errc::room_not_found,
                                       errc::storage_unavailable, errc::overloaded, errc::timeout};
constexpr command_example room_update_examples[] = {
    {"Only for two", R"({"roomId":"team","visibility":"private","members":["ada","bob"]})"}};

}  // namespace

constinit const command_row chat_room_update_row{
    .name = "chat-room-update",
    .category = "chat",
    .description = "Change a room: its name, size, or who may know of it",
    .tags = room_update_tags,
    .fields = room_update_fields,
    .output = room_schema,
    .errors = room_update_errors,
    .examples = room_update_examples,
    .mutation = true,
    .idempotent = true,
    .needs = scope::admin,
    .run = run_chat_room_update};

}  // namespace chat
