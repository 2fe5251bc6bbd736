#include <algorithm>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using namespace inputs;

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
  ask_for<room_found>(
      run, run->hub(), create_room{std::move(room), run->is_dry()}, [run](const room_found& f) {
        if (run->is_dry()) return run->would("create room \"" + f.definition.id + '"');
        auto r = room_result(f, "created");
        warn_of_members(r, run->in(), f.definition);
        json_writer(r.hints)
            .begin_object()
            .field("nextAction", "Call chat-connect with roomId=\"" + f.definition.id + '"')
            .end_object();
        r.undo = chat_room_delete_row.name;
        json_writer(r.undo_args).begin_object().field("roomId", f.definition.id).end_object();
        run->finish(std::move(r));
      });
}

constexpr std::array room_create_fields{
    new_room_id, room_name, room_description, participants_limit_or_default,
    visibility,  members,   idempotency_key,  dry_run};

constexpr std::string_view room_create_tags[] = {"chat", "write", "admin"};
constexpr errc room_create_errors[] = {errc::validation_error, errc::already_exists,
                                       errc::storage_unavailable, errc::node_full, errc::timeout};
constexpr command_example room_create_examples[] = {
    {"A room for ten", R"({"roomId":"team","name":"Team","maxParticipants":10})"}};

}  // namespace

constinit const command_row chat_room_create_row{
    .name = "chat-room-create",
    .category = "chat",
    .description = "Create a chat room that outlives the node",
    .tags = room_create_tags,
    .fields = room_create_fields,
    .output = room_schema,
    .errors = room_create_errors,
    .examples = room_create_examples,
    .mutation = true,
    .needs = scope::admin,
    .run = run_chat_room_create};

}  // namespace chat
