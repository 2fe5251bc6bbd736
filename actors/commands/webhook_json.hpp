#pragma once
// What the commands of webhooks share.

#include <string>

#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/webhook_protocol.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace inputs {

constexpr field subscription_id{.name = "subscriptionId",
                                .required = true,
                                .description =
                                    "ID of the webhook, as chat-webhook-register "
                                    "answered it and chat-webhook-list lists it",
                                .min = 1,
                                .max = credential_units};

}  // namespace inputs

/// Asks the webhook actor; `then` gets the value, a failure ends the call.
template <class Value, class Question, class Then>
void ask_webhooks(const command_run_ptr& run, Question question, Then then) {
  if (!run->node().webhooks)
    return run->fail(errc::overloaded, "This node has no webhooks", "Use chat-poll with waitMs");
  ask_for<Value>(run, *run->node().webhooks, std::move(question), std::move(then));
}

}  // namespace chat
