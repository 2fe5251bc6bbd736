#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/handoff_json.hpp"

namespace chat {

namespace {

std::string duration_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds % 60 == 0 ? std::to_string(seconds / 60) + " minutes"
                           : std::to_string(seconds) + " seconds";
}

}  // namespace

// Opens a session and hands off to the WebSocket.
void run_chat_connect(command_run_ptr run) {
  std::string nickname(run->in().text("nickname"));
  if (nickname.empty()) nickname = run->who().name.empty() ? "Anonymous" : run->who().name;
  open_session q{std::string(run->in().text("roomId")), run->who(), std::move(nickname)};
  ask_for<session_opened>(run, run->hub(), std::move(q), [run](const session_opened& opened) {
    command_result r;
    r.data = handoff_json(*run, {.room = opened.room,
                                 .session_id = opened.session_id,
                                 .token = opened.token,
                                 .expires_ms = opened.expires_ms});
    r.reasoning = "Session created for room \"" + opened.room.name +
                  "\". Connect to the WebSocket URL within " +
                  duration_text(run->node().timeouts.handoff) + '.';
    r.hints = R"({"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
              R"("fallbackCommand":"chat-poll"})";
    run->finish(std::move(r));
  });
}

}  // namespace chat
