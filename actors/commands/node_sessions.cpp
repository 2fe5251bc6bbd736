#include <array>
#include <caf/event_based_actor.hpp>
#include <optional>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/page_cursor.hpp"
#include "actors/survey_protocol.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// In the order of session_state.
constexpr std::string_view session_states[] = {"pending", "connected", "disconnected", "closed",
                                               "expired"};

std::string sessions_of(const command_input& in) {
  return std::string("node-sessions\n")
      .append(in.text("state"))
      .append("\n")
      .append(in.text("query"));
}

void write_session(json_writer& json, const session_details& details) {
  const auto& s = details.record;
  json.begin_object().field("sessionId", s.session_id).field("userId", s.user_id);
  json.field("nickname", s.nickname).field("kind", to_string(s.kind)).field("roomId", s.room_id);
  json.field("state", to_string(s.state)).field("transport", to_string(s.transport));
  json.field("createdAt", format_time(s.created_ms)).field("since", format_time(details.since_ms));
  if (s.last_activity_ms > 0) json.field("lastActivity", format_time(s.last_activity_ms));
  if (!details.address.empty()) json.field("address", details.address);
  if (s.end != ended_by::nothing) json.field("endedBy", to_string(s.end));
  json.field("reconnects", s.reconnects).field("messagesSent", s.sent);
  json.field("messagesReceived", s.received).end_object();
}

// One that was stored and that nobody has asked for since.
session_details as_stored(session_record s) {
  const auto since = s.state == session_state::pending ? s.created_ms : s.ended_ms;
  return {std::move(s), since, {}};
}

// A page under way: every session on it says how it is. One that is forgotten meanwhile says
// nothing, and is not on it.
struct session_page {
  command_run_ptr run;
  std::vector<std::optional<session_details>> rows;
  std::uint64_t last_number = 0;
  std::size_t awaited = 0;
  bool has_more = false;
};

void finish_page(const session_page& page) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  std::size_t shown = 0;
  json.begin_object().key("sessions").begin_array();
  for (const auto& row : page.rows) {
    if (!row) continue;
    write_session(json, *row);
    ++shown;
  }
  json.end_array();
  if (page.has_more)
    json.field("nextCursor", format_cursor({0, page.last_number, {}}, sessions_of(page.run->in())));
  json.end_object();
  r.reasoning = std::to_string(shown) + " session(s), the newest first";
  r.hints = shown == 0 ? R"({"nextAction":"Call node-sessions without query and state for all"})"
                       : R"({"nextAction":"Call chat-revoke with a sessionId or userId to end )"
                         R"(sessions"})";
  page.run->finish(std::move(r));
}

void on_arrived(const std::shared_ptr<session_page>& page) {
  if (--page->awaited == 0 && !page->run->is_finished()) finish_page(*page);
}

void gather(const command_run_ptr& run, session_survey& found) {
  const auto page = std::make_shared<session_page>();
  page->run = run;
  page->has_more = found.has_more;
  page->rows.resize(found.sessions.size());
  page->awaited = found.sessions.size() + 1;
  for (std::size_t i = 0; i < found.sessions.size(); ++i) {
    auto& entry = found.sessions[i];
    page->last_number = entry.stored.number;
    if (!entry.session) {
      page->rows[i] = as_stored(std::move(entry.stored));
      on_arrived(page);
      continue;
    }
    // The deadline is the call's (actors/ask.hpp).
    run->self()
        ->request(entry.session, caf::infinite, get_session_details{})
        .then(
            [page, i](session_details& details) {
              page->rows[i] = std::move(details);
              on_arrived(page);
            },
            [page](const caf::error&) { on_arrived(page); });
  }
  on_arrived(page);
}

// Who is there, and where.
void run_node_sessions(command_run_ptr run) {
  const auto& in = run->in();
  survey_sessions q{.query = std::string(in.text("query")),
                    .limit = static_cast<std::size_t>(in.integer("limit"))};
  const auto state = std::ranges::find(session_states, in.text("state"));
  if (state != std::end(session_states))
    q.state = static_cast<session_state>(state - std::begin(session_states));
  if (in.has("cursor")) {
    const auto cursor = parse_cursor(in.text("cursor"), sessions_of(in));
    if (!cursor)
      return run->fail(
          not_a_cursor(in.fields(), "this query and state", "for the same query and state"));
    q.before = cursor->number;
  }
  ask<session_survey>(run, run->hub(), std::move(q),
                      [run](session_survey& found) { gather(run, found); });
}

constexpr std::array node_sessions_fields{
    field{.name = "query",
          .description =
              "Only sessions whose nickname, user ID or room ID contains this, capitals or not, or "
              "whose session ID begins with it",
          .max = static_cast<std::int64_t>(limits::user_id_units_max)},
    field{.name = "state",
          .description = "Only sessions in this state",
          .max = 16,
          .choices = session_states},
    field{.name = "limit",
          .type = integer,
          .description = "Sessions on one page",
          .min = 1,
          .max = limits::node_page_max,
          .fallback = limits::node_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before, with the same query and state",
          .max = limits::cursor_units_max}};

constexpr std::string_view node_sessions_output =
    R"({"type":"object","properties":{"sessions":{"type":"array",)"
    R"("description":"The newest first; those that ended are kept for ten minutes",)"
    R"("items":{"type":"object","properties":{"sessionId":{"type":"string"},)"
    R"("userId":{"type":"string"},"nickname":{"type":"string"},)"
    R"("kind":{"type":"string","enum":["human","agent"]},"roomId":{"type":"string"},)"
    R"("state":{"type":"string",)"
    R"("enum":["pending","connected","disconnected","closed","expired"],)"
    R"("description":"pending: not connected yet; closed and expired are the end"},)"
    R"("transport":{"type":"string","enum":["websocket","sse"]},)"
    R"("createdAt":{"type":"string","format":"date-time"},)"
    R"("since":{"type":"string","format":"date-time","description":"In this state since then"},)"
    R"("lastActivity":{"type":"string","format":"date-time"},)"
    R"("address":{"type":"string","description":"Of its connection; known where the node has )"
    R"(--audit-log or --bind-ip"},)"
    R"("endedBy":{"type":"string","enum":["client","command","takeover","slow","rate","idle",)"
    R"("expired","drain","restart","error"],)"
    R"("description":"What ended the session, or its last connection"},)"
    R"("reconnects":{"type":"integer"},"messagesSent":{"type":"integer"},)"
    R"("messagesReceived":{"type":"integer"}},"required":["sessionId","userId","nickname","kind",)"
    R"("roomId","state","transport","createdAt","since","reconnects","messagesSent",)"
    R"("messagesReceived"]}},"nextCursor":{"type":"string",)"
    R"("description":"Give it as cursor to get the next page; absent on the last one"}},)"
    R"("required":["sessions"]})";

constexpr std::string_view node_sessions_tags[] = {"node", "read", "safe"};
constexpr errc node_sessions_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example node_sessions_examples[] = {
    {"Who is connected", R"({"state":"connected"})"}, {"Sessions of Ada", R"({"query":"ada"})"}};

}  // namespace

constinit const command_row node_sessions_row{
    .name = "node-sessions",
    .category = "node",
    .description = "Find sessions by nickname, user, room, ID or state, and see how each is doing",
    .tags = node_sessions_tags,
    .fields = node_sessions_fields,
    .output = node_sessions_output,
    .errors = node_sessions_errors,
    .examples = node_sessions_examples,
    .idempotent = true,
    .needs = scope::admin,
    .run = run_node_sessions};

}  // namespace chat
