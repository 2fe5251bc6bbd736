#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/page_cursor.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string participants_of(const command_input& in) {
  return "participants\n" + std::string(in.text("roomId"));
}

// Who is behind a nickname is for admins; everybody knows himself.
command_result participants_result(const member_list& list, const command_run& run) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().field("roomId", run.in().text("roomId"));
  json.key("participants").begin_array();
  for (const auto& m : list.members) {
    json.begin_object().field("nickname", m.nickname).field("kind", to_string(m.kind));
    json.field("since", format_time(m.since_ms));
    if (run.who().may == scope::admin || m.user_id == run.who().user_id)
      json.field("userId", m.user_id);
    json.end_object();
  }
  json.end_array().field("total", list.total);
  if (list.has_more) {
    const auto& last = list.members.back();
    json.field("nextCursor", format_cursor({last.since_ms, last.number, last.nickname},
                                           participants_of(run.in())));
  }
  json.end_object();
  r.reasoning = std::to_string(list.total) + " participant(s) are connected";
  r.hints = list.has_more
                ? R"({"nextAction":"Call chat-participants with cursor=nextCursor for more"})"
            : list.total == 0
                ? R"({"nextAction":"Say something with chat-send: who comes later reads it"})"
                : R"({"nextAction":"Mention one as @nickname in chat-send"})";
  return r;
}

// Who is connected to a room now.
void run_chat_participants(command_run_ptr run) {
  const auto& in = run->in();
  list_members q{{}, static_cast<std::size_t>(in.integer("limit"))};
  if (in.has("cursor")) {
    auto cursor = parse_cursor(in.text("cursor"), participants_of(in));
    if (!cursor)
      return run->fail(
          not_a_cursor(in.fields(), "this room's participants", "for the same roomId"));
    q.after = member_position{cursor->time_ms, std::move(cursor->text), cursor->number};
  }
  ask_for<room_found>(run, run->hub(), find_room{std::string(in.text("roomId")), run->who()},
                      [run, q = std::move(q)](const room_found& found) {
                        ask<member_list>(run, found.room, q, [run](const member_list& list) {
                          run->finish(participants_result(list, *run));
                        });
                      });
}

constexpr std::array participants_fields{
    room_id,
    field{.name = "limit",
          .type = integer,
          .description = "Participants on one page",
          .min = 1,
          .max = limits::participants_page_max,
          .fallback = limits::participants_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before, with the same roomId",
          .max = limits::cursor_units_max}};

constexpr std::string_view participants_output =
    R"({"type":"object","properties":{"roomId":{"type":"string"},)"
    R"("participants":{"type":"array","description":"Who came first is first",)"
    R"("items":{"type":"object","properties":{"nickname":{"type":"string"},)"
    R"("kind":{"type":"string","enum":["human","agent"],)"
    R"("description":"As chat-connect was told, or took it to be"},)"
    R"("since":{"type":"string","format":"date-time","description":"Connected since then"},)"
    R"("userId":{"type":"string","description":"Yours; for admins everybody's"}},)"
    R"("required":["nickname","kind","since"]}},)"
    R"("total":{"type":"integer","description":"How many are connected, on all pages"},)"
    R"("nextCursor":{"type":"string",)"
    R"("description":"Give it as cursor to get the next page; absent on the last one"}},)"
    R"("required":["roomId","participants","total"]})";

constexpr std::string_view participants_tags[] = {"chat", "read", "agent-friendly"};
constexpr errc participants_errors[] = {errc::validation_error, errc::room_not_found,
                                        errc::timeout};
constexpr command_example participants_examples[] = {
    {"Who is in general?", R"({"roomId":"general"})"}};

}  // namespace

constinit const command_row chat_participants_row{
    .name = "chat-participants",
    .category = "chat",
    .description = "List who is connected to a room now, people and agents",
    .tags = participants_tags,
    .fields = participants_fields,
    .output = participants_output,
    .errors = participants_errors,
    .examples = participants_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_participants};

}  // namespace chat
