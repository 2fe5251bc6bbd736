#include "actors/commands/commands.hpp"
#include "actors/commands/webhook_json.hpp"

namespace chat {

namespace {

using namespace inputs;

// Dead letters are sent once more, each one time, before what is new.
void run_chat_webhook_replay(command_run_ptr run) {
  const auto& in = run->in();
  replay_letters q{run->who().user_id, std::string(in.text("subscriptionId")),
                   std::string(in.text("deadLetterId")), run->is_dry()};
  ask_webhooks<letters_queued>(run, std::move(q), [run](const letters_queued& queued) {
    if (run->is_dry())
      return run->would("send " + std::to_string(queued.letters) + " dead letter(s) once more");
    command_result r;
    r.data.clear();
    json_writer(r.data).begin_object().field("queued", queued.letters).end_object();
    r.reasoning = queued.letters == 0 ? "There are no dead letters"
                                      : std::to_string(queued.letters) +
                                            " dead letter(s) will be sent once more, each once";
    if (queued.letters > 0)
      r.hints = R"({"nextAction":"Call chat-webhook-dead-letters in a while: what is still )"
                R"(listed failed again, with the error"})";
    run->finish(std::move(r));
  });
}

constexpr std::array webhook_replay_fields{
    subscription_id,
    field{.name = "deadLetterId",
          .description = "Only this one, as chat-webhook-dead-letters lists it; else all",
          .min = 1,
          .max = credential_units},
    idempotency_key, dry_run};

constexpr std::string_view webhook_replay_output =
    R"({"type":"object","properties":{"queued":{"type":"integer",)"
    R"("description":"How many are sent once more; what fails again stays a dead letter"}},)"
    R"("required":["queued"]})";

constexpr std::string_view webhook_replay_tags[] = {"chat", "write", "agent-friendly",
                                                    "open-world"};
constexpr errc webhook_replay_errors[] = {
    errc::validation_error, errc::webhook_not_found,   errc::dead_letter_not_found,
    errc::forbidden,        errc::storage_unavailable, errc::overloaded,
    errc::timeout};

}  // namespace

constinit const command_row chat_webhook_replay_row{
    .name = "chat-webhook-replay",
    .category = "chat",
    .description = "Send dead letters of a webhook once more, under the X-Chat-Delivery they had",
    .tags = webhook_replay_tags,
    .fields = webhook_replay_fields,
    .output = webhook_replay_output,
    .errors = webhook_replay_errors,
    .mutation = true,
    .idempotent = true,
    .needs = scope::write,
    .run = run_chat_webhook_replay};

}  // namespace chat
