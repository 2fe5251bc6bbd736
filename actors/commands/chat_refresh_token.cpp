#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// A new token in place of the session's newest one, which opens nothing any more.
void run_chat_refresh_token(command_run_ptr run) {
  const std::string session_id(run->in().text("sessionId"));
  ask_for<session_found>(
      run, run->hub(), find_session{session_id, run->who().user_id},
      [=](const session_found& found) {
        auto token = run->node().tokens->verify(run->in().text("currentToken"));
        if (!token || token->session_id != session_id)
          return run->fail(errc::invalid_token, "This is no token of the session");
        ask_for<token_refreshed>(
            run, found.session, refresh_token{std::move(*token), run->who().address, run->is_dry()},
            [run](const token_refreshed& fresh) {
              if (run->is_dry())
                return run->would("answer a new token; currentToken would open nothing any more");
              command_result r;
              r.data.clear();
              json_writer(r.data)
                  .begin_object()
                  .field("token", fresh.token)
                  .field("expiresAt", format_time(fresh.expires_ms))
                  .end_object();
              r.reasoning = "The token opens one connection; the one before opens none any more.";
              run->finish(std::move(r));
            });
      });
}

constexpr std::array refresh_fields{session_id,
                                    field{.name = "currentToken",
                                          .required = true,
                                          .description = "The newest token of this session",
                                          .min = 1,
                                          .max = credential_units},
                                    idempotency_key, dry_run};

constexpr std::string_view refresh_token_output =
    R"({"type":"object","properties":{)"
    R"("token":{"type":"string","description":"The session's newest token: opens one connection"},)"
    R"("expiresAt":{"type":"string","format":"date-time","description":"When it runs out"}},)"
    R"("required":["token","expiresAt"]})";

constexpr std::string_view refresh_token_tags[] = {"chat", "write", "safe"};
constexpr errc refresh_token_errors[] = {
    errc::validation_error, errc::session_not_found, errc::forbidden,  errc::session_closed,
    errc::session_expired,  errc::invalid_token,     errc::overloaded, errc::timeout};

}  // namespace

constinit const command_row chat_refresh_token_row{
    .name = "chat-refresh-token",
    .category = "chat",
    .description = "Exchange the newest token of a session before it runs out",
    .tags = refresh_token_tags,
    .fields = refresh_fields,
    .output = refresh_token_output,
    .errors = refresh_token_errors,
    .mutation = true,
    .needs = scope::write,
    .run = run_chat_refresh_token};

}  // namespace chat
