#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

std::string handoff_json(const command_run& run, const session_opened& opened) {
  std::string data;
  json_writer json(data);
  json.begin_object().field("protocol", "websocket");
  json.field("endpoint", run.websocket_base() + "/rooms/" + opened.room.id);
  json.key("credentials").begin_object().field("token", opened.token);
  json.field("sessionId", opened.session_id).end_object();
  json.key("metadata").begin_object().field("expiresAt", format_time(opened.expires_ms));
  json.key("capabilities").raw(R"(["text","typing","presence","reactions"])");
  json.key("reconnect").begin_object().field("allowed", true);
  json.field("maxAttempts", limits::reconnects_max);
  json.field("backoffMs", limits::reconnect_backoff_ms).end_object();
  json.field("description", "Real-time chat in \"" + opened.room.name + "\"").end_object();
  json.end_object();
  return data;
}

}  // namespace

// Opens a session and hands off to the WebSocket.
void run_chat_connect(command_run_ptr run) {
  std::string nickname(run->in().text("nickname"));
  if (nickname.empty()) nickname = run->who().name.empty() ? "Anonymous" : run->who().name;
  open_session q{std::string(run->in().text("roomId")), run->who().user_id, std::move(nickname)};
  ask_for<session_opened>(run, run->hub(), std::move(q), [run](const session_opened& opened) {
    command_result r;
    r.data = handoff_json(*run, opened);
    r.reasoning = "Session created for room \"" + opened.room.name +
                  "\". Connect to the WebSocket URL within 5 minutes.";
    r.hints = R"({"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
              R"("fallbackCommand":"chat-poll"})";
    run->finish(std::move(r));
  });
}

}  // namespace chat
