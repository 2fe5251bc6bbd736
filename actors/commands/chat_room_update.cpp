#include <algorithm>
#include <array>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// What takes the change back: what the call changed, as it was.
std::string undo_args(const command_input& in, const room_definition& old) {
  std::string args;
  json_writer json(args);
  json.begin_object().field("roomId", old.id);
  if (in.has("name")) json.field("name", old.name);
  if (in.has("description")) json.field("description", old.description);
  if (in.has("maxParticipants")) json.field("maxParticipants", old.participants_max);
  if (in.has("visibility")) json.field("visibility", old.is_private ? "private" : "public");
  if (in.has("members")) {
    json.key("members").begin_array();
    for (const auto& member : old.members) json.string(member);
    json.end_array();
  }
  json.end_object();
  return args;
}

bool changes_something(const command_input& in) {
  return std::ranges::any_of(
      std::array{"name", "description", "maxParticipants", "visibility", "members"},
      [&](const char* name) { return in.has(name); });
}

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
  update_room q{std::string(in.text("roomId")), std::move(changes), run->is_dry()};
  ask_for<room_updated>(run, run->hub(), std::move(q), [run](const room_updated& room) {
    const bool changes = changes_something(run->in());
    if (run->is_dry())
      return run->would((changes ? "change room \"" : "change nothing of room \"") +
                        room.before.id + '"');
    auto r = room_result(room.now,
                         changes ? "changed" : "is as it was: nothing was given to be changed");
    warn_of_members(r, run->in(), room.now.definition);
    if (!changes) return run->finish(std::move(r));
    r.undo = chat_room_update_row.name;
    r.undo_args = undo_args(run->in(), room.before);
    run->finish(std::move(r));
  });
}

constexpr std::array room_update_fields{room_id,    room_name, room_description, participants_limit,
                                        visibility, members,   idempotency_key,  dry_run};

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
