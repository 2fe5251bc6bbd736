#include <algorithm>

#include "actors/commands/commands.hpp"
#include "actors/commands/webhook_json.hpp"

namespace chat {

namespace {

using namespace inputs;

void write_letter(json_writer& json, const webhook_record& hook, const dead_letter& letter) {
  json.begin_object().field("deadLetterId", delivery_id_of(hook, letter.first, letter.last));
  json.field("firstMessageId", format_message_id(letter.first));
  json.field("lastMessageId", format_message_id(letter.last));
  json.field("messages", letter.messages).field("failedAt", format_time(letter.failed_ms));
  json.field("attempts", letter.attempts).field("error", letter.error);
  json.field("replays", letter.replays).end_object();
}

void finish_letters(const command_run_ptr& run, const webhook_record& hook) {
  const auto& in = run->in();
  auto at = hook.dead.begin();
  if (in.has("cursor")) {
    at = std::ranges::find_if(hook.dead, [&](const dead_letter& letter) {
      return delivery_id_of(hook, letter.first, letter.last) == in.text("cursor");
    });
    if (at == hook.dead.end())
      return run->fail(invalid_input(
          in.fields(),
          {{"cursor", "There is no such dead letter any more: begin without it", "custom"}}));
    ++at;
  }
  const auto left = hook.dead.end() - at;
  const auto end = at + std::min<std::int64_t>(left, in.integer("limit"));
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().field("subscriptionId", hook.subscription_id);
  json.key("deadLetters").begin_array();
  for (auto letter = at; letter != end; ++letter) write_letter(json, hook, *letter);
  json.end_array().field("total", hook.dead.size());
  if (end != hook.dead.end())
    json.field("nextCursor", delivery_id_of(hook, (end - 1)->first, (end - 1)->last));
  json.end_object();
  r.reasoning = std::to_string(hook.dead.size()) + " dead letter(s)";
  if (!hook.dead.empty())
    r.hints = R"({"nextAction":"When the target works again, call chat-webhook-replay. The )"
              R"(messages themselves are in the room: read them with chat-history {after: the id )"
              R"(before firstMessageId}"})";
  run->finish(std::move(r));
}

// What was given up, and why.
void run_chat_webhook_dead_letters(command_run_ptr run) {
  find_webhook q{run->who().user_id, std::string(run->in().text("subscriptionId"))};
  ask_webhooks<webhook_record>(run, std::move(q),
                               [run](const webhook_record& hook) { finish_letters(run, hook); });
}

constexpr std::array webhook_letters_fields{
    subscription_id,
    field{.name = "limit",
          .type = integer,
          .description = "Dead letters on one page",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::webhook_dead_letters_max),
          .fallback = limits::webhook_dead_letters_page},
    field{.name = "cursor",
          .description = "nextCursor of the page before",
          .min = 1,
          .max = credential_units}};

constexpr std::string_view webhook_letters_output =
    R"({"type":"object","properties":{"subscriptionId":{"type":"string"},)"
    R"("deadLetters":{"type":"array","description":"The oldest first","items":{"type":"object",)"
    R"("properties":{"deadLetterId":{"type":"string",)"
    R"("description":"The X-Chat-Delivery it was sent with, and will be when it is replayed"},)"
    R"("firstMessageId":{"type":"string"},"lastMessageId":{"type":"string"},)"
    R"("messages":{"type":"integer","description":"How many there are from first to last"},)"
    R"("failedAt":{"type":"string","format":"date-time","description":"The last attempt"},)"
    R"("attempts":{"type":"integer"},"error":{"type":"string"},)"
    R"("replays":{"type":"boolean","description":"It is about to be tried once more"}},)"
    R"("required":["deadLetterId","firstMessageId","lastMessageId","messages","failedAt",)"
    R"("attempts","error","replays"]}},"total":{"type":"integer"},)"
    R"("nextCursor":{"type":"string",)"
    R"("description":"Give it as cursor to get the next page; absent on the last one"}},)"
    R"("required":["subscriptionId","deadLetters","total"]})";

constexpr std::string_view webhook_letters_tags[] = {"chat", "read", "safe", "agent-friendly"};
constexpr errc webhook_letters_errors[] = {errc::validation_error, errc::webhook_not_found,
                                           errc::forbidden, errc::overloaded, errc::timeout};

}  // namespace

constinit const command_row chat_webhook_dead_letters_row{
    .name = "chat-webhook-dead-letters",
    .category = "chat",
    .description = "List what a webhook's target did not take for an hour and was given up",
    .tags = webhook_letters_tags,
    .fields = webhook_letters_fields,
    .output = webhook_letters_output,
    .errors = webhook_letters_errors,
    .idempotent = true,
    .needs = scope::read,
    .run = run_chat_webhook_dead_letters};

}  // namespace chat
