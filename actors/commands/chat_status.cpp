#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

std::string status_json(const session_status& s) {
  std::string data;
  json_writer json(data);
  json.begin_object().field("sessionId", s.session_id).field("roomId", s.room_id);
  json.field("state", to_string(s.state)).field("nickname", s.nickname);
  if (s.connected_ms > 0) json.field("connectedAt", format_time(s.connected_ms));
  if (s.last_activity_ms > 0) json.field("lastActivity", format_time(s.last_activity_ms));
  json.key("metrics").begin_object().field("messagesSent", s.sent);
  json.field("messagesReceived", s.received).end_object().end_object();
  return data;
}

// What a session in this state wants next.
std::string_view next_action(session_state state) {
  switch (state) {
    case session_state::pending:
      return R"({"nextAction":"Open the WebSocket with the token of chat-connect"})";
    case session_state::connected:
      return R"({"nextAction":"Nothing: the session is live. chat-disconnect ends it"})";
    case session_state::disconnected:
    case session_state::closed:
    case session_state::expired:
      return R"({"nextAction":"Call chat-connect for a new session"})";
  }
  return {};
}

}  // namespace

// How a session is doing.
void run_chat_status(command_run_ptr run) {
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q), [run](const session_found& found) {
    ask<session_status>(
        run, found.session, get_session_status{}, [run](const session_status& status) {
          command_result r;
          r.data = status_json(status);
          r.reasoning =
              "Session \"" + status.session_id + "\" is " + std::string(to_string(status.state));
          r.hints = next_action(status.state);
          run->finish(std::move(r));
        });
  });
}

}  // namespace chat
