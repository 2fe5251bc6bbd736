#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/handoff_json.hpp"

namespace chat {

namespace {

void finish(const command_run_ptr& run, const room_definition& room, const renewed& token) {
  command_result r;
  r.data = handoff_json(*run, {.room = room,
                               .session_id = run->in().text("sessionId"),
                               .token = token.token,
                               .expires_ms = token.expires_ms,
                               .catch_up = token.since});
  r.reasoning =
      "Token for another connection of the session. Messages missed are replayed first, " +
      (token.since > 0 ? "those after " + format_message_id(token.since)
                       : std::string("from the room's first one")) +
      " on; then comes caught_up.";
  r.hints = R"({"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
            R"("fallbackCommand":"chat-poll"})";
  run->finish(std::move(r));
}

void renew_session(const command_run_ptr& run, const caf::actor& session,
                   const room_definition& room, std::optional<sequence> since) {
  ask_for<renewed>(run, session, renew{since, run->who().address},
                   [run, room](const renewed& token) { finish(run, room, token); });
}

}  // namespace

// A new token for the same session; the next connection gets what was missed.
void run_chat_reconnect(command_run_ptr run) {
  std::optional<sequence> since;
  if (run->in().has("lastMessageId")) {
    const std::string asked(run->in().text("lastMessageId"));
    since = parse_message_id(asked);
    if (!since)
      return run->fail(
          errc::validation_error, "Input validation failed: `lastMessageId` is no message id",
          "Use the id of the last message you got, such as m0000000000000001, or leave "
          "it out");
  }
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q), [=](const session_found& found) {
    ask_for<room_found>(run, run->hub(), find_room{found.room_id},
                        [=, session = found.session](const room_found& room) {
                          renew_session(run, session, room.definition, since);
                        });
  });
}

}  // namespace chat
