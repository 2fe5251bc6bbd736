#include <spdlog/spdlog.h>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// Ends a session; its WebSocket is closed with 4006.
void run_chat_disconnect(command_run_ptr run) {
  find_session q{std::string(run->in().text("sessionId")), run->who().user_id};
  ask_for<session_found>(run, run->hub(), std::move(q), [run](const session_found& found) {
    ask_for<session_ended>(
        run, found.session, end_session{run->is_dry()}, [run](const session_ended& ended) {
          if (run->is_dry()) return run->would("end the session and close its connection");
          std::string reason;
          append_json_string(reason, run->in().text("reason"));  // escaped: it is the client's text
          spdlog::debug("session {} ended by chat-disconnect, reason {}", ended.session_id, reason);
          command_result r;
          r.data.clear();
          json_writer(r.data)
              .begin_object()
              .field("sessionId", ended.session_id)
              .field("closedAt", format_time(ended.closed_ms))
              .field("duration", ended.duration_s)
              .field("messagesSent", ended.sent)
              .end_object();
          r.reasoning = "Session closed. Any active WebSocket connection will be terminated.";
          run->finish(std::move(r));
        });
  });
}

constexpr std::array disconnect_fields{
    session_id,
    field{.name = "reason",
          .description = "Why the session ends, for the log",
          .max = static_cast<std::int64_t>(limits::reason_units_max)},
    idempotency_key, dry_run};

constexpr std::string_view disconnect_output =
    R"({"type":"object","properties":{"sessionId":{"type":"string"},)"
    R"("closedAt":{"type":"string","format":"date-time"},)"
    R"("duration":{"type":"integer","description":"How long it lasted, in seconds"},)"
    R"("messagesSent":{"type":"integer"}},)"
    R"("required":["sessionId","closedAt","duration","messagesSent"]})";

constexpr std::string_view disconnect_tags[] = {"chat", "write", "safe"};
constexpr errc disconnect_errors[] = {
    errc::validation_error, errc::session_not_found,   errc::forbidden, errc::session_closed,
    errc::session_expired,  errc::storage_unavailable, errc::timeout};

}  // namespace

constinit const command_row chat_disconnect_row{.name = "chat-disconnect",
                                                .category = "chat",
                                                .description = "End a chat session",
                                                .tags = disconnect_tags,
                                                .fields = disconnect_fields,
                                                .output = disconnect_output,
                                                .errors = disconnect_errors,
                                                .mutation = true,
                                                .destructive = true,
                                                .needs = scope::write,
                                                .run = run_chat_disconnect};

}  // namespace chat
