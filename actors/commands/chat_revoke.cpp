#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// Ends sessions of others. Their tokens open nothing any more, their sockets are closed with 4006.
void run_chat_revoke(command_run_ptr run) {
  const auto& in = run->in();
  if (in.has("sessionId") == in.has("userId"))
    return run->fail(invalid_input(
        in.fields(),
        {in.has("userId") ? input_problem{"userId", "Not together with sessionId", "custom"}
                          : input_problem{"sessionId", "This or userId is required", "custom"}}));
  revoke q{std::string(in.text("sessionId")), std::string(in.text("userId")), run->who(),
           run->is_dry()};
  ask_for<revoked>(run, run->hub(), std::move(q), [run](const revoked& ended) {
    if (run->is_dry()) return run->would("end " + std::to_string(ended.sessions) + " session(s)");
    command_result r;
    r.data.clear();
    json_writer(r.data).begin_object().field("sessionsEnded", ended.sessions).end_object();
    r.reasoning = std::to_string(ended.sessions) + " session(s) ended";
    r.hints =
        R"({"nextAction":"To keep the user out, revoke the API key too: chatd key revoke ID"})";
    run->finish(std::move(r));
  });
}

constexpr std::array revoke_fields{
    field{.name = "sessionId",
          .description = "The session to end; or give userId",
          .min = 1,
          .max = credential_units},
    field{.name = "userId",
          .description = "The user whose sessions all end",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::user_id_units_max)},
    idempotency_key, dry_run};

constexpr std::string_view revoke_output =
    R"({"type":"object","properties":{"sessionsEnded":{"type":"integer"}},)"
    R"("required":["sessionsEnded"]})";

constexpr std::string_view revoke_tags[] = {"chat", "write", "admin"};
constexpr errc revoke_errors[] = {errc::validation_error, errc::session_not_found,
                                  errc::storage_unavailable, errc::timeout};

}  // namespace

constinit const command_row chat_revoke_row{
    .name = "chat-revoke",
    .category = "chat",
    .description = "End a session, or all sessions of a user, whoever opened them",
    .tags = revoke_tags,
    .fields = revoke_fields,
    .output = revoke_output,
    .errors = revoke_errors,
    .mutation = true,
    .destructive = true,
    .idempotent = true,
    .needs = scope::admin,
    .run = run_chat_revoke};

}  // namespace chat
