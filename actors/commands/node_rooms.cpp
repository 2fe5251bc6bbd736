#include <array>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/page_cursor.hpp"
#include "actors/survey_protocol.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// In the order of room_order.
constexpr std::string_view room_orders[] = {"deliveries", "rate", "messages", "members"};

room_order order_of(const command_input& in) {
  const auto at = std::ranges::find(room_orders, in.text("sort"));
  return at == std::end(room_orders) ? room_order::deliveries
                                     : static_cast<room_order>(at - std::begin(room_orders));
}

std::string busy_rooms_by(room_order by) {
  return std::string("node-rooms\n").append(room_orders[static_cast<std::size_t>(by)]);
}

double a_second(std::uint64_t in_a_kilosecond) {
  return static_cast<double>(in_a_kilosecond) / 1000;
}

command_result busy_rooms_result(const room_survey& found, room_order by) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("rooms").begin_array();
  for (const auto& room : found.rooms) {
    json.begin_object().field("id", room.room_id).field("name", room.name);
    json.field("visibility", room.is_private ? "private" : "public");
    json.field("active", room.is_active);
    json.field("participants", room.members).field("maxParticipants", room.members_max);
    json.field("messages", room.messages);
    json.field("messagesPerSecond", a_second(room.messages_per_kilosecond));
    json.field("deliveriesPerSecond", a_second(room.deliveries_per_kilosecond)).end_object();
  }
  json.end_array().field("total", found.total);
  if (found.has_more) {
    const auto& last = found.rooms.back();
    json.field("nextCursor",
               format_cursor({0, load_of(last, by), last.room_id}, busy_rooms_by(by)));
  }
  json.end_object();
  r.reasoning = std::to_string(found.rooms.size()) + " of " + std::to_string(found.total) +
                " room(s), those with most " +
                std::string(room_orders[static_cast<std::size_t>(by)]) + " first";
  r.hints = R"({"nextAction":"Call node-sessions with query=a room's id to see who is in it"})";
  return r;
}

// Which rooms have most to do.
void run_node_rooms(command_run_ptr run) {
  const auto& in = run->in();
  const auto by = order_of(in);
  survey_rooms q{by, static_cast<std::size_t>(in.integer("limit")), {}};
  if (in.has("cursor")) {
    auto cursor = parse_cursor(in.text("cursor"), busy_rooms_by(by));
    if (!cursor) return run->fail(not_a_cursor(in.fields(), "this order", "for the same sort"));
    q.after = survey_rooms::place{cursor->number, std::move(cursor->text)};
  }
  ask<room_survey>(run, run->hub(), std::move(q), [run, by](const room_survey& found) {
    run->finish(busy_rooms_result(found, by));
  });
}

constexpr std::array node_rooms_fields{
    field{
        .name = "sort",
        .description =
            "Those with most of it come first: deliveries (messages a second, times those "
            "connected; the default), rate (messages a second), messages (since the node started) "
            "or members (connected)",
        .max = 16,
        .choices = room_orders},
    field{.name = "limit",
          .type = integer,
          .description = "Rooms on one page",
          .min = 1,
          .max = limits::node_page_max,
          .fallback = limits::node_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before, with the same sort",
          .max = limits::cursor_units_max}};

constexpr std::string_view node_rooms_output =
    R"({"type":"object","properties":{"rooms":{"type":"array","items":{"type":"object",)"
    R"("description":"A room that is busier than before may be missing on later pages, )"
    R"(one that is quieter may come again",)"
    R"("properties":{"id":{"type":"string"},"name":{"type":"string"},)"
    R"("visibility":{"type":"string","enum":["public","private"]},)"
    R"("active":{"type":"boolean","description":"It is in memory"},)"
    R"("participants":{"type":"integer","description":"Connected now"},)"
    R"("maxParticipants":{"type":"integer"},)"
    R"("messages":{"type":"integer","description":"Stored since the node started"},)"
    R"("messagesPerSecond":{"type":"number","description":"Of the last ten seconds"},)"
    R"("deliveriesPerSecond":{"type":"number",)"
    R"("description":"These, times those connected: what the room costs the node"}},)"
    R"("required":["id","name","visibility","active","participants","maxParticipants","messages",)"
    R"("messagesPerSecond","deliveriesPerSecond"]}},)"
    R"("total":{"type":"integer","description":"How many rooms there are"},)"
    R"("nextCursor":{"type":"string",)"
    R"("description":"Give it as cursor to get the next page; absent on the last one"}},)"
    R"("required":["rooms","total"]})";

constexpr std::string_view node_rooms_tags[] = {"node", "read", "safe"};
constexpr errc node_rooms_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example node_rooms_examples[] = {
    {"The busiest rooms", "{}"}, {"The largest rooms", R"({"sort":"members","limit":10})"}};

}  // namespace

constinit const command_row node_rooms_row{
    .name = "node-rooms",
    .category = "node",
    .description = "List the rooms that have most to do: messages a second, deliveries, members",
    .tags = node_rooms_tags,
    .fields = node_rooms_fields,
    .output = node_rooms_output,
    .errors = node_rooms_errors,
    .examples = node_rooms_examples,
    .idempotent = true,
    .needs = scope::admin,
    .run = run_node_rooms};

}  // namespace chat
