#include <array>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

void write_participants(json_writer& json, const member_list& list) {
  json.key("participants").begin_array();
  for (const auto& m : list.members)
    json.begin_object().field("nickname", m.nickname).field("kind", to_string(m.kind)).end_object();
  json.end_array().field("participantCount", list.total);
}

// `others`: who is in the room, where the caller may know.
std::string status_json(const session_record& s, const member_list* others) {
  std::string data;
  json_writer json(data);
  json.begin_object().field("sessionId", s.session_id).field("roomId", s.room_id);
  json.field("state", to_string(s.state)).field("nickname", s.nickname);
  json.field("kind", to_string(s.kind));
  if (s.connected_ms > 0) json.field("connectedAt", format_time(s.connected_ms));
  if (s.last_activity_ms > 0) json.field("lastActivity", format_time(s.last_activity_ms));
  if (s.end != ended_by::nothing) {
    json.field("endedBy", to_string(s.end)).field("endedAt", format_time(s.ended_ms));
  }
  if (s.delivered > 0) json.field("lastMessageId", format_message_id(s.delivered));
  if (others) write_participants(json, *others);
  json.key("metrics").begin_object().field("messagesSent", s.sent);
  json.field("messagesReceived", s.received).end_object().end_object();
  return data;
}

// In the order of ended_by.
constexpr std::array<std::string_view, 11> ends = {
    "",
    ": its client went away",
    ": a command ended it: chat-disconnect, chat-revoke, or a change of the room",
    ": a newer connection took over",
    ": its client did not read what it was sent",
    ": its client sent too much",
    ": its client gave no sign of life",
    ": nobody connected in time, or it was as old as a session may get",
    ": the node was stopped",
    ": the node was restarted",
    ": its connection broke the protocol, or the node failed"};
static_assert(ends.size() == static_cast<std::size_t>(ended_by::error) + 1);

std::string reasoning_of(const session_record& s) {
  std::string text = "Session \"" + s.session_id + "\" is ";
  return text.append(to_string(s.state)).append(ends.at(static_cast<std::size_t>(s.end)));
}

// What a session in this state wants next.
std::string_view next_action(const session_record& s) {
  if (s.state == session_state::disconnected &&
      s.reconnects >= static_cast<std::uint32_t>(limits::reconnects_max))
    return R"({"nextAction":"Call chat-connect for a new session: this one was connected again )"
           R"(too often"})";
  switch (s.state) {
    case session_state::pending:
      return R"({"nextAction":"Open the endpoint that chat-connect named, with its token"})";
    case session_state::connected:
      return R"({"nextAction":"Nothing: the session is live. chat-disconnect ends it"})";
    case session_state::disconnected:
      return R"({"nextAction":"Call chat-reconnect with this sessionId and )"
             R"(the lastMessageId you have"})";
    case session_state::closed:
    case session_state::expired:
      return R"({"nextAction":"Call chat-connect for a new session"})";
  }
  return {};
}

void finish(const command_run_ptr& run, const session_record& status, const member_list* others) {
  command_result r;
  r.data = status_json(status, others);
  r.reasoning = reasoning_of(status);
  r.hints = next_action(status);
  run->finish(std::move(r));
}

// Its room may be gone meanwhile, or closed to the caller.
void add_participants(const command_run_ptr& run, const session_record& status) {
  ask<room_reply>(run, run->hub(), find_room{status.room_id, run->who()},
                  [run, status](const room_reply& room) {
                    if (!room) return finish(run, status, nullptr);
                    ask<member_list>(
                        run, room->room, list_members{{}, limits::status_participants_max},
                        [run, status](const member_list& list) { finish(run, status, &list); });
                  });
}

// How a session is doing.
void run_chat_status(command_run_ptr run) {
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q), [run](const session_found& found) {
    ask<session_record>(run, found.session, get_session_status{},
                        [run](const session_record& status) { add_participants(run, status); });
  });
}

constexpr std::array status_fields{session_id};

constexpr std::string_view status_output =
    R"({"type":"object","properties":{"sessionId":{"type":"string"},"roomId":{"type":"string"},)"
    R"("state":{"type":"string",)"
    R"("enum":["pending","connected","disconnected","closed","expired"],)"
    R"("description":"pending: not connected yet; closed and expired are the end"},)"
    R"("nickname":{"type":"string"},"kind":{"type":"string","enum":["human","agent"]},)"
    R"("connectedAt":{"type":"string","format":"date-time","description":"First connection"},)"
    R"("lastActivity":{"type":"string","format":"date-time"},)"
    R"("endedBy":{"type":"string","enum":["client","command","takeover","slow","rate","idle",)"
    R"("expired","drain","restart","error"],)"
    R"("description":"What ended the session, or its last connection"},)"
    R"("endedAt":{"type":"string","format":"date-time"},)"
    R"("lastMessageId":{"type":"string",)"
    R"("description":"The newest message that its last connection was sent"},)"
    R"("participants":{"type":"array","items":{"type":"object","properties":{)"
    R"("nickname":{"type":"string"},"kind":{"type":"string","enum":["human","agent"]}},)"
    R"("required":["nickname","kind"]},)"
    R"("description":"Who is connected to the room, who came first is first; 50 at most: )"
    R"(chat-participants has all"},)"
    R"("participantCount":{"type":"integer","description":"How many are connected in all"},)"
    R"("metrics":{"type":"object","properties":{"messagesSent":{"type":"integer"},)"
    R"("messagesReceived":{"type":"integer"}},"required":["messagesSent","messagesReceived"]}},)"
    R"("required":["sessionId","roomId","state","nickname","kind","metrics"]})";

constexpr std::string_view status_tags[] = {"chat", "read"};
constexpr errc status_errors[] = {errc::validation_error, errc::session_not_found, errc::forbidden,
                                  errc::timeout};

}  // namespace

constinit const command_row chat_status_row{.name = "chat-status",
                                            .category = "chat",
                                            .description = "Get status of a chat session",
                                            .tags = status_tags,
                                            .fields = status_fields,
                                            .output = status_output,
                                            .errors = status_errors,
                                            .idempotent = true,
                                            .needs = scope::read,
                                            .run = run_chat_status};

}  // namespace chat
