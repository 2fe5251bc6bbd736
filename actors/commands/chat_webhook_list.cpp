#include "actors/commands/commands.hpp"
#include "actors/commands/webhook_json.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string_view state_of(const webhook_record& hook) {
  if (hook.ended_ms != 0) return "ended";
  return hook.attempts > 0 ? "retrying" : "active";
}

void write_webhook(json_writer& json, const webhook_record& hook) {
  json.begin_object().field("subscriptionId", hook.subscription_id);
  json.field("roomId", hook.room_id).field("webhookUrl", hook.url).key("events").begin_array();
  for (std::size_t i = 0; i < std::size(webhook_event_names); ++i)
    if (hook.events & bit_of(static_cast<webhook_event>(i))) json.string(webhook_event_names[i]);
  json.end_array().field("state", state_of(hook));
  json.field("createdAt", format_time(hook.created_ms));
  json.field("expiresAt", format_time(hook.expires_ms));
  if (hook.delivered > 0) {
    json.field("lastMessageId", format_message_id(hook.delivered));
    json.field("lastDeliveryId", hook.delivery_id);
    json.field("lastDeliveryAt", format_time(hook.delivered_ms));
  }
  if (!hook.error.empty()) json.field("lastError", hook.error);
  if (hook.attempts > 0 && hook.ended_ms == 0) {
    json.field("failedAttempts", hook.attempts);
    json.field("failingSince", format_time(hook.failing_since_ms));
    json.field("nextAttemptAt", format_time(hook.next_attempt_ms));
  }
  json.field("deadLetters", hook.dead.size());
  if (hook.ended_ms != 0) {
    json.field("endedAt", format_time(hook.ended_ms));
    json.field("endedBecause", hook.ended_because);
  }
  json.end_object();
}

void finish_list(const command_run_ptr& run, const webhook_list& list) {
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("webhooks").begin_array();
  std::size_t letters = 0;
  for (const auto& hook : list.webhooks) {
    write_webhook(json, hook);
    letters += hook.dead.size();
  }
  json.end_array().field("total", list.webhooks.size()).end_object();
  r.reasoning = "Found " + std::to_string(list.webhooks.size()) + " webhook(s) of yours";
  if (letters > 0)
    r.hints = R"({"nextAction":"Some deliveries were given up: chat-webhook-dead-letters tells )"
              R"(which, chat-webhook-replay tries them once more"})";
  run->finish(std::move(r));
}

// The caller's webhooks, and how each is doing.
void run_chat_webhook_list(command_run_ptr run) {
  if (!run->node().webhooks) return finish_list(run, {});
  list_webhooks q{run->who().user_id, std::string(run->in().text("roomId"))};
  ask<webhook_list>(run, *run->node().webhooks, std::move(q),
                    [run](const webhook_list& list) { finish_list(run, list); });
}

constexpr std::array webhook_list_fields{
    field{.name = "roomId", .description = "Only webhooks of this room", .max = room_chars}};

constexpr std::string_view webhook_list_output =
    R"({"type":"object","properties":{"webhooks":{"type":"array","items":{"type":"object",)"
    R"("properties":{"subscriptionId":{"type":"string"},"roomId":{"type":"string"},)"
    R"("webhookUrl":{"type":"string"},"events":{"type":"array","items":{"type":"string"}},)"
    R"("state":{"type":"string","enum":["active","retrying","ended"],)"
    R"("description":"retrying: the last attempt failed, the next is at nextAttemptAt"},)"
    R"("createdAt":{"type":"string","format":"date-time"},)"
    R"("expiresAt":{"type":"string","format":"date-time",)"
    R"("description":"Register the same room and URL again before that"},)"
    R"("lastMessageId":{"type":"string","description":"The newest message that was delivered"},)"
    R"("lastDeliveryId":{"type":"string"},)"
    R"("lastDeliveryAt":{"type":"string","format":"date-time"},)"
    R"("lastError":{"type":"string",)"
    R"("description":"Why the last attempt failed; absent when it did not"},)"
    R"("failedAttempts":{"type":"integer","description":"Of the delivery that is tried now"},)"
    R"("failingSince":{"type":"string","format":"date-time",)"
    R"("description":"An hour later the delivery is given up"},)"
    R"("nextAttemptAt":{"type":"string","format":"date-time"},)"
    R"("deadLetters":{"type":"integer","description":"Deliveries that were given up and wait )"
    R"(for chat-webhook-replay"},)"
    R"("endedAt":{"type":"string","format":"date-time"},"endedBecause":{"type":"string"}},)"
    R"("required":["subscriptionId","roomId","webhookUrl","events","state","createdAt",)"
    R"("expiresAt","deadLetters"]},"description":"Your own, the oldest first; ended ones for )"
    R"(a day"},"total":{"type":"integer"}},"required":["webhooks","total"]})";

constexpr std::string_view webhook_list_tags[] = {"chat", "read", "safe", "agent-friendly"};
constexpr errc webhook_list_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example webhook_list_examples[] = {{"All of your webhooks", "{}"}};

}  // namespace

constinit const command_row chat_webhook_list_row{
    .name = "chat-webhook-list",
    .category = "chat",
    .description = "List your webhooks: state, last delivery, last error, dead letters",
    .tags = webhook_list_tags,
    .fields = webhook_list_fields,
    .output = webhook_list_output,
    .errors = webhook_list_errors,
    .examples = webhook_list_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_webhook_list};

}  // namespace chat
