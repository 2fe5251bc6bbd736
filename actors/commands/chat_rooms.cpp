#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"
#include "model/concat.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using namespace inputs;

// Which rooms there are, and how full.
void run_chat_rooms(command_run_ptr run) {
  const auto& in = run->in();
  if (in.has("cursor") && !is_room_id(in.text("cursor"))) {
    auto why = invalid_input(in.fields(), {{"cursor", "is no nextCursor of chat-rooms", "custom"}});
    why.suggestion = "Give nextCursor as it was answered, or leave cursor out to begin anew";
    return run->fail(std::move(why));
  }
  list_rooms q{run->who(), std::string(in.text("search")), std::string(in.text("cursor")),
               static_cast<std::size_t>(in.integer("limit"))};
  ask<room_list>(run, run->hub(), std::move(q), [run](const room_list& list) {
    command_result r;
    r.data.clear();
    json_writer json(r.data);
    json.begin_object().key("rooms").begin_array();
    for (const auto& room : list.rooms) write_room(json, room.definition, room.participants);
    json.end_array().field("total", list.total);
    if (!list.next_cursor.empty()) json.field("nextCursor", list.next_cursor);
    json.end_object();
    r.reasoning = "Found " + std::to_string(list.total) + " chat room(s)";
    r.hints = list.rooms.empty()
                  ? R"({"nextAction":"Call chat-rooms without search for all rooms"})"
              : list.next_cursor.empty()
                  ? R"({"nextAction":"Call chat-connect or chat-poll with a roomId of the list"})"
                  : R"({"nextAction":"Call chat-rooms with cursor=nextCursor for more rooms"})";
    run->finish(std::move(r));
  });
}

constexpr std::array rooms_fields{
    field{.name = "search",
          .description = "Only rooms whose id or name contains this, capitals or not",
          .max = static_cast<std::int64_t>(limits::room_name_units_max)},
    field{.name = "limit",
          .type = integer,
          .description = "Rooms on one page",
          .min = 1,
          .max = limits::rooms_page_max,
          .fallback = limits::rooms_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before",
          .max = static_cast<std::int64_t>(limits::room_id_chars_max)}};

constexpr std::string_view rooms_head =
    R"({"type":"object","properties":{"rooms":{"type":"array","items":)";
constexpr std::string_view rooms_tail =
    R"(,"description":"One page of them, in the order of their IDs"},)"
    R"("total":{"type":"integer","description":"How many there are on all pages"},)"
    R"("nextCursor":{"type":"string",)"
    R"("description":"Give it as cursor to get the next page; absent on the last one"}},)"
    R"("required":["rooms","total"]})";

constexpr std::string_view rooms_tags[] = {"chat", "read", "safe"};
constexpr errc rooms_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example rooms_examples[] = {{"All rooms", "{}"}};

}  // namespace

constinit const command_row chat_rooms_row{
    .name = "chat-rooms",
    .category = "chat",
    .description = "List the chat rooms and how many people are in each",
    .tags = rooms_tags,
    .fields = rooms_fields,
    .output = concat<rooms_head, room_schema, rooms_tail>,
    .errors = rooms_errors,
    .examples = rooms_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_rooms};

}  // namespace chat
