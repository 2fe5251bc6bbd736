#include <algorithm>

#include "actors/commands/commands.hpp"
#include "actors/commands/webhook_json.hpp"

namespace chat {

namespace {

using namespace inputs;

// The bits of the events asked for.
std::uint32_t events_of(const command_input& in) {
  if (!in.has("events")) return bit_of(webhook_event::message);
  std::uint32_t events = 0;
  for (const auto& wanted : in.texts("events")) {
    const auto name = std::ranges::find(webhook_event_names, std::string_view(wanted));
    events |= bit_of(static_cast<webhook_event>(name - std::begin(webhook_event_names)));
  }
  return events;
}

void finish_registered(const command_run_ptr& run, const webhook_registered& done) {
  if (run->is_dry())
    return run->would(done.is_renewed
                          ? "renew the webhook that is there, with a new secret"
                          : "have what is said in the room posted to the URL, for which it would "
                            "answer a secret");
  command_result r;
  r.data.clear();
  json_writer(r.data)
      .begin_object()
      .field("subscriptionId", done.subscription_id)
      .field("secret", done.secret)
      .field("expiresAt", format_time(done.expires_ms))
      .end_object();
  r.reasoning = done.is_renewed ? "The webhook was there already: it has a new secret and lasts "
                                  "until expiresAt. The secret it had is worthless from now on"
                                : "What is said from now on is posted to the URL";
  json_writer(r.hints)
      .begin_object()
      .field("nextAction",
             "Keep the secret: it is shown only now. For each POST check that v1 of the header "
             "X-Chat-Signature (t=<seconds>,v1=<hex>) is the HMAC-SHA256 of \"<t>.<body>\" with "
             "the secret, that t is recent, and that X-Chat-Delivery was not handled before; "
             "answer 2xx within 10 seconds. Register the same URL again before expiresAt")
      .end_object();
  if (!done.is_renewed) {  // deleting one that was there before takes back too much
    r.undo = chat_webhook_delete_row.name;
    json_writer(r.undo_args)
        .begin_object()
        .field("subscriptionId", done.subscription_id)
        .end_object();
  }
  run->finish(std::move(r));
}

// Has what is said in a room posted to a URL.
void run_chat_webhook_register(command_run_ptr run) {
  const auto& in = run->in();
  if (!run->node().webhooks)
    return run->fail(errc::overloaded, "This node has no webhooks", "Use chat-poll with waitMs");
  register_webhook what{run->who(), std::string(in.text("roomId")),
                        std::string(in.text("webhookUrl")), events_of(in), run->is_dry()};
  ask<registered_reply>(
      run, *run->node().webhooks, std::move(what), [run](registered_reply& answer) {
        if (answer) return finish_registered(run, *answer);
        auto& why = answer.error();
        if (why.code != errc::validation_error) return run->fail(std::move(why));
        auto invalid =
            invalid_input(run->in().fields(), {{"webhookUrl", "It " + why.message, "custom"}});
        invalid.suggestion +=
            ". Use an http(s) URL of a host on the internet; the operator can allow private ones "
            "with --webhook-allow-private";
        run->fail(std::move(invalid));
      });
}

constexpr std::array webhook_register_fields{
    room_id,
    field{.name = "webhookUrl",
          .required = true,
          .description = "https:// or http:// URL that gets the POSTs. Its host must be on the "
                         "internet; redirects are not followed",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::webhook_url_chars_max)},
    field{.name = "events",
          .type = texts,
          .description = "What to be told of: message, which is what there is and the default",
          .min = 1,
          .max = 8,
          .choices = webhook_event_names,
          .item_units_max = 32},
    idempotency_key, dry_run};

constexpr std::string_view webhook_register_output =
    R"({"type":"object","properties":{"subscriptionId":{"type":"string",)"
    R"("description":"Names the webhook in other commands and in what it posts"},)"
    R"("secret":{"type":"string","description":"The key that posts are signed with: )"
    R"(X-Chat-Signature is t=<seconds>,v1=<hex HMAC-SHA256 of \"<t>.<body>\">. Shown only now"},)"
    R"("expiresAt":{"type":"string","format":"date-time",)"
    R"("description":"It ends then, unless the same room and URL are registered again before"}},)"
    R"("required":["subscriptionId","secret","expiresAt"]})";

constexpr std::string_view webhook_register_tags[] = {"chat", "write", "agent-friendly",
                                                      "open-world"};
constexpr errc webhook_register_errors[] = {
    errc::validation_error,    errc::room_not_found, errc::forbidden, errc::webhook_limit,
    errc::storage_unavailable, errc::overloaded,     errc::timeout};
constexpr command_example webhook_register_examples[] = {
    {"Have a room's messages posted to you",
     R"({"roomId":"general","webhookUrl":"https://agent.example/hooks/chat"})"}};

}  // namespace

constinit const command_row chat_webhook_register_row{
    .name = "chat-webhook-register",
    .category = "chat",
    .description =
        "Have a room's new messages posted to a URL, signed, in order and at least "
        "once; the same room and URL again renew it. Each POST is {subscriptionId, deliveryId, "
        "roomId, messages, changes?}, as chat-poll shows them, edits and deletions too; answer 2xx "
        "within 10 s. A target that answers 410 wants no more: its webhook ends",
    .tags = webhook_register_tags,
    .fields = webhook_register_fields,
    .output = webhook_register_output,
    .errors = webhook_register_errors,
    .examples = webhook_register_examples,
    .mutation = true,
    .needs = scope::write,
    .run = run_chat_webhook_register};

}  // namespace chat
