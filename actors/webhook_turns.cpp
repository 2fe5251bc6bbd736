#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <utility>

#include "actors/audit.hpp"
#include "actors/webhook_delivery.hpp"

// What a webhook does next, and when.

namespace chat {

namespace {

using turn_stage = webhooks_state::entry::stage;

}  // namespace

void go_on(webhooks_actor* self, webhooks_state::entry& e) {
  auto& r = e.record;
  ++e.turn;
  if (e.is == turn_stage::over || e.is == turn_stage::deleting) return;
  e.is = turn_stage::paused;
  if (read(self->state.node->counters.draining) != 0) return;  // the next start goes on
  const auto now = node_time_ms(*self, *self->state.node);
  if (now >= r.expires_ms) return end_webhook(self, e, "it was not registered again in time");
  if (std::ranges::any_of(r.dead, &dead_letter::replays)) return queue_up(self, e);
  if (r.batch_last == 0) return await_messages(self, e);
  if (r.next_attempt_ms <= now) return queue_up(self, e);
  pause_until(self, e, std::min(r.next_attempt_ms, r.expires_ms));
}

namespace {

void set_due_timer(webhooks_actor* self) {
  auto& st = self->state;
  if (st.due.empty()) return;
  const auto first = st.due.begin()->first;
  if (st.timer && *st.timer <= first) return;
  st.timer = first;
  const std::chrono::milliseconds left(
      std::max<std::int64_t>(first - node_time_ms(*self, *self->state.node), 0));
  self->delayed_send(self, left, webhooks_due{});
}

}  // namespace

void pause_until(webhooks_actor* self, webhooks_state::entry& e, std::int64_t when_ms) {
  ++e.turn;
  e.is = turn_stage::paused;
  self->state.due.emplace(when_ms, std::pair(e.record.number, e.turn));
  set_due_timer(self);
}

void on_webhooks_due(webhooks_actor* self) {
  auto& st = self->state;
  const auto now = node_time_ms(*self, *self->state.node);
  if (st.timer && *st.timer <= now) st.timer.reset();
  while (!st.due.empty() && st.due.begin()->first <= now) {
    const auto [number, turn] = st.due.begin()->second;
    st.due.erase(st.due.begin());
    const auto at = st.all.find(number);
    if (at != st.all.end() && at->second.turn == turn) go_on(self, at->second);
  }
  set_due_timer(self);
}

void end_webhook(webhooks_actor* self, webhooks_state::entry& e, std::string why) {
  auto& st = self->state;
  auto& r = e.record;
  ++e.turn;
  e.is = turn_stage::over;
  r.ended_ms = node_time_ms(*self, *self->state.node);
  r.ended_because = std::move(why);
  subtract(st.node->counters.webhooks_active);
  spdlog::info("webhook {} of room {} has ended: {}", r.subscription_id, r.room_id,
               r.ended_because);
  if (st.node->audit)
    st.node->audit->write({.event = "webhook-end",
                           .user_id = r.user_id,
                           .room_id = r.room_id,
                           .reason = r.ended_because,
                           .subscription_id = r.subscription_id});
  store_webhook_of(self, e);
}

void store_webhook_of(webhooks_actor* self, webhooks_state::entry& e) {
  if (e.is == turn_stage::deleting) return;
  ++e.stores;
  self->request(self->state.storage, caf::infinite, store_webhook{e.record})
      .then(
          [id = e.record.subscription_id](const stored_reply& stored) {
            if (!stored) spdlog::warn("webhook {}: how far it is could not be stored", id);
          },
          [](const caf::error&) {});  // the node is stopping
}

}  // namespace chat
