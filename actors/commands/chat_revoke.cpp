#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"

namespace chat {

// Ends sessions of others. Their tokens open nothing any more, their sockets are closed with 4006.
void run_chat_revoke(command_run_ptr run) {
  const auto& in = run->in();
  if (in.has("sessionId") == in.has("userId"))
    return run->fail(errc::validation_error, "Either sessionId or userId says what to revoke",
                     "Give one of the two");
  revoke q{std::string(in.text("sessionId")), std::string(in.text("userId")), run->who()};
  ask_for<revoked>(run, run->hub(), std::move(q), [run](const revoked& ended) {
    command_result r;
    r.data.clear();
    json_writer(r.data).begin_object().field("sessionsEnded", ended.sessions).end_object();
    r.reasoning = std::to_string(ended.sessions) + " session(s) ended";
    r.hints =
        R"({"nextAction":"To keep the user out, revoke the API key too: chatd key revoke ID"})";
    run->finish(std::move(r));
  });
}

}  // namespace chat
