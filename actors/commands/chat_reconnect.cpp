#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/handoff_json.hpp"
#include "actors/commands/position.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string replay_text(const std::optional<sequence>& since) {
  if (!since) return "Token for the first connection of the session.";
  return "Token for another connection of the session. Messages missed are replayed first, " +
         (*since > 0 ? "those after " + format_message_id(*since)
                     : std::string("from the room's first one")) +
         " on; then comes caught_up.";
}

void finish(const command_run_ptr& run, const room_definition& room, const renewed& token,
            std::optional<sequence> restart_at) {
  const auto from = restart_at ? restart_at : token.since;
  if (run->is_dry()) return run->would("answer a token for another connection of the session");
  command_result r;
  r.data = handoff_json(*run, {.room = room,
                               .session_id = run->in().text("sessionId"),
                               .token = token.token,
                               .expires_ms = token.expires_ms,
                               .transport = token.transport,
                               .catch_up = from,
                               .reconnects_left = token.reconnects_left});
  r.reasoning = replay_text(from);
  if (restart_at) r.warnings.push_back(position_lost(run->in().text("lastMessageId"), *restart_at));
  r.hints = handoff_hints(token.transport, run->speaks_as());
  run->finish(std::move(r));
}

void renew_session(const command_run_ptr& run, const caf::actor& session,
                   const room_definition& room, std::optional<sequence> since,
                   std::optional<sequence> restart_at = {}) {
  ask_for<renewed>(
      run, session, renew{since, run->who().address, run->is_dry()},
      [run, room, restart_at](const renewed& token) { finish(run, room, token, restart_at); });
}

// With a position, the room is asked whether it has it: the caller is told before it connects, and
// once more on the connection. Null is what `welcome` says in an empty room.
void check_position(const command_run_ptr& run, const caf::actor& session, const room_found& room) {
  const bool is_null = run->in().is_null("lastMessageId");
  if (!is_null && !run->in().has("lastMessageId"))
    return renew_session(run, session, room.definition, {});
  const auto given = run->in().text("lastMessageId");
  const auto since = is_null ? sequence{0} : parse_message_id(given);
  ask_for<history_page>(
      run, room.room, read_history{since.value_or(no_message), 1},
      [=, definition = room.definition](const history_page& page) {
        if (page.oldest_instead)
          return run->fail(unknown_message(run->in(), "lastMessageId", *page.oldest_instead,
                                           "go on from what the node sent you"));
        renew_session(run, session, definition, since, page.restart_at);
      });
}

// A new token for the same session; the next connection gets what was missed.
void run_chat_reconnect(command_run_ptr run) {
  if (read(run->node().counters.draining) != 0)
    return run->fail(errc::overloaded, "The node is stopping", "Reconnect in a few seconds");
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q), [=](const session_found& found) {
    ask<room_reply>(run, run->hub(), find_room{found.room_id, run->who()},
                    [=, session = found.session](const room_reply& room) {
                      // Its sessions ended with it, or with the user's membership.
                      if (!room) return run->fail(errc::session_closed, "The room is gone");
                      check_position(run, session, *room);
                    });
  });
}

constexpr std::array reconnect_fields{
    session_id,
    field{.name = "lastMessageId",
          .description = "ID of the last message you got; what came after it is "
                         "replayed. null: all from the room's beginning. Without it the node "
                         "goes by what it sent",
          .min = 1,
          .max = credential_units,
          .nullable = true},
    idempotency_key, dry_run};

constexpr std::string_view reconnect_tags[] = {"chat", "handoff", "handoff:websocket",
                                               "handoff:sse", "handoff:resumable"};
constexpr errc reconnect_errors[] = {
    errc::validation_error, errc::session_not_found, errc::forbidden, errc::session_closed,
    errc::session_expired,  errc::max_reconnects,    errc::timeout};

}  // namespace

constinit const command_row chat_reconnect_row{
    .name = "chat-reconnect",
    .category = "chat",
    .description = "Get a token to connect a session again, without missing a message",
    .tags = reconnect_tags,
    .fields = reconnect_fields,
    .output = handoff_schema,
    .errors = reconnect_errors,
    .mutation = true,
    .handoff_protocol = "websocket",
    .needs = scope::write,
    .run = run_chat_reconnect};

}  // namespace chat
