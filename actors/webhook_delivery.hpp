#pragma once
// The way of a batch from a room to a URL (webhook_delivery.cpp), and what a webhook does next
// (webhook_turns.cpp). For webhooks.cpp only.

#include <functional>

#include "actors/webhooks.hpp"

namespace chat {

/// Stores the webhook as it is. Nobody waits: a failure is logged, the next store makes it good,
/// and a restart before that repeats a delivery.
void store_webhook_of(webhooks_actor* self, webhooks_state::entry& e);
/// Finds out what the webhook has to do next, and begins it. Not while one of its batches is under
/// way.
void go_on(webhooks_actor* self, webhooks_state::entry& e);
/// Nothing begins before then, by node time.
void pause_until(webhooks_actor* self, webhooks_state::entry& e, std::int64_t when_ms);
/// It delivers nothing any more, and is listed with the reason for a while.
void end_webhook(webhooks_actor* self, webhooks_state::entry& e, std::string why);
/// Waits in its room for something to deliver.
void await_messages(webhooks_actor* self, webhooks_state::entry& e);
/// Begins its next batch as soon as it gets one of the places.
void queue_up(webhooks_actor* self, webhooks_state::entry& e);
/// Whoever has a place gives it back, but for what is with the network already: that comes back by
/// itself.
void leave_place(webhooks_actor* self, webhooks_state::entry& e);

void on_webhook_sent(webhooks_actor* self, const webhook_sent& sent);
void on_webhooks_due(webhooks_actor* self);

}  // namespace chat
