#include "actors/commands/commands.hpp"
#include "actors/commands/webhook_json.hpp"

namespace chat {

namespace {

using namespace inputs;

// Ends a webhook and forgets it. A request that is under way goes to its end.
void run_chat_webhook_delete(command_run_ptr run) {
  const std::string id(run->in().text("subscriptionId"));
  if (run->is_dry())
    return ask_webhooks<webhook_record>(
        run, find_webhook{run->who().user_id, id}, [run](const webhook_record& r) {
          run->would("end the webhook of room " + r.room_id + ", and forget " +
                     std::to_string(r.dead.size()) + " dead letter(s)");
        });
  delete_webhook q{run->who(), id};
  ask_webhooks<webhook_record>(run, std::move(q), [run](const webhook_record& gone) {
    command_result r;
    r.data.clear();
    json_writer json(r.data);
    json.begin_object().field("subscriptionId", gone.subscription_id);
    json.field("roomId", gone.room_id).end_object();
    r.reasoning = "Nothing is posted to its URL any more";
    run->finish(std::move(r));
  });
}

constexpr std::array webhook_delete_fields{subscription_id, idempotency_key, dry_run};

constexpr std::string_view webhook_delete_output =
    R"({"type":"object","properties":{"subscriptionId":{"type":"string"},)"
    R"("roomId":{"type":"string"}},"required":["subscriptionId","roomId"]})";

constexpr std::string_view webhook_delete_tags[] = {"chat", "write", "agent-friendly"};
constexpr errc webhook_delete_errors[] = {errc::validation_error, errc::webhook_not_found,
                                          errc::forbidden,        errc::storage_unavailable,
                                          errc::overloaded,       errc::timeout};

}  // namespace

constinit const command_row chat_webhook_delete_row{
    .name = "chat-webhook-delete",
    .category = "chat",
    .description = "Delete a webhook of yours, with its dead letters",
    .tags = webhook_delete_tags,
    .fields = webhook_delete_fields,
    .output = webhook_delete_output,
    .errors = webhook_delete_errors,
    .mutation = true,
    .destructive = true,
    .needs = scope::write,
    .run = run_chat_webhook_delete};

}  // namespace chat
