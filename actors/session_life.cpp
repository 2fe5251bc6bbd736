#include "actors/session_life.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/audit.hpp"
#include "model/ids.hpp"
#include "model/wire.hpp"

namespace chat {

std::int64_t now_ms(session_actor* self) { return node_time_ms(*self, *self->state.node); }

// --- Storing -----------------------------------------------------------------------------------

void save(session_actor* self, session_record record, session_data::after_save then) {
  auto& st = self->state;
  record.sent = st.gauge->sent;
  const auto& lanes = st.node->lanes;
  auto& home = *lanes[std::hash<std::string>{}(record.session_id) % lanes.size()];
  st.saving.push_back(std::move(then));
  home.store(save_session{caf::actor_cast<caf::actor>(self), std::move(record)});
}

void save(session_actor* self) { save(self, self->state.record, nullptr); }

void on_receipt(session_actor* self, const receipt& r) {
  auto& st = self->state;
  const auto then = std::move(st.saving.front());
  st.saving.erase(st.saving.begin());
  if (then)
    then(r.why_not);
  else if (r.why_not)
    spdlog::warn("session {}: {} could not be stored", st.record.session_id,
                 to_string(st.record.state));
}

void give_up_saving(session_actor* self) {
  const auto why = make_failure(errc::storage_unavailable, "The session is not kept any more");
  for (const auto& then : std::exchange(self->state.saving, {}))
    if (then) then(why);
}

void audit(const session_data& st, std::string_view event, std::string_view address,
           std::string_view token_id, std::string_view reason) {
  if (!st.node->audit) return;
  st.node->audit->write({event, st.record.session_id, st.record.user_id, st.record.room_id, address,
                         token_id, reason});
}

// --- States ------------------------------------------------------------------------------------

std::int64_t end_of_life(const session_data& st) {
  return st.record.created_ms + st.node->timeouts.lifetime.count();
}

void set_deadline(session_data& st, std::int64_t when_ms) {
  st.gauge->deadline_ms = std::min(when_ms, end_of_life(st));
}

std::int64_t idle_at(const session_data& st) {
  return st.record.last_activity_ms + st.node->timeouts.idle.count();
}

void watch_connection(session_data& st) {
  const auto margin = std::min<std::chrono::milliseconds>(limits::token_refresh_margin,
                                                          st.node->timeouts.handoff / 5);
  set_deadline(st, std::min(idle_at(st), st.token_expires_ms - margin.count()));
}

bool was_long_enough(session_actor* self) {
  return now_ms(self) - self->state.began_ms >=
         std::chrono::milliseconds(limits::reconnect_reset).count();
}

void enter(session_actor* self, session_state next, ended_by why) {
  auto& st = self->state;
  auto& r = st.record;
  const auto now = now_ms(self);
  r.state = next;
  r.end = why;
  st.gauge->state = next;
  switch (next) {
    case session_state::pending:
      set_deadline(st, now + st.node->timeouts.handoff.count());
      break;
    case session_state::connected:
      if (r.connected_ms == 0) r.connected_ms = now;
      r.last_activity_ms = st.began_ms = now;
      if (why == ended_by::takeover) r.ended_ms = now;  // the connection before
      watch_connection(st);
      break;
    case session_state::disconnected:
      audit(st, "disconnect", st.address, st.opened_by, to_string(why));
      r.ended_ms = now;
      // Nor is it the client's attempt that failed when the node stops.
      if (was_long_enough(self) || why == ended_by::drain) r.reconnects = 0;
      set_deadline(st, now + st.node->timeouts.reconnect.count());
      break;
    case session_state::closed:
    case session_state::expired:
      audit(st, "end", st.address, st.opened_by, to_string(why));
      r.ended_ms = now;
      st.gauge->deadline_ms = now + st.node->timeouts.retention.count();
      self->send(st.hub, session_over{r.session_id});
      break;
  }
}

void active(session_actor* self) {
  auto& st = self->state;
  st.record.last_activity_ms = now_ms(self);
  st.heard = st.room_numbers->committed;
  watch_connection(st);
}

// --- Tokens ------------------------------------------------------------------------------------

token_refreshed new_token(session_actor* self, const std::string& address,
                          std::optional<sequence> since) {
  auto& st = self->state;
  const auto now = now_ms(self);
  handoff_claims claims{.user_id = st.record.user_id,
                        .session_id = st.record.session_id,
                        .room_id = st.record.room_id,
                        .token_id = st.token_id = new_token_id(),
                        .issued_s = now / 1000};
  const auto expires_ms = std::min(now + st.node->timeouts.handoff.count(), end_of_life(st));
  claims.expires_s = (expires_ms + 999) / 1000;
  claims.since = since;
  claims.transport = st.record.transport;
  if (st.node->bind_ip) claims.address = address;
  st.token_expires_ms = expires_ms;
  return {st.node->tokens->sign(claims), expires_ms};
}

bool has_expired(session_actor* self, const handoff_claims& token) {
  return now_ms(self) / 1000 >= token.expires_s;
}

bool is_used(const session_data& st, const std::string& token_id) {
  return std::ranges::find(st.record.used, token_id, &used_token::id) != st.record.used.end();
}

bool may_use_up(session_actor* self) {
  auto& used = self->state.record.used;
  // A little longer than they are good for: the clock of the next start may be behind.
  constexpr std::int64_t margin_ms = 60'000;
  std::erase_if(used, [now = now_ms(self)](const used_token& t) {
    return t.expires_s * 1000 + margin_ms <= now;
  });
  return used.size() < limits::used_tokens_max;
}

bool use_up(session_actor* self, const handoff_claims& token) {
  if (!may_use_up(self)) return false;
  self->state.record.used.push_back({token.token_id, token.expires_s});
  return true;
}

void give_back(session_data& st, const std::string& token_id) {
  std::erase_if(st.record.used, [&](const used_token& t) { return t.id == token_id; });
}

// --- Its end ---------------------------------------------------------------------------------

failure is_over_failure(const session_data& st) {
  return st.record.state == session_state::closed
             ? make_failure(errc::session_closed, "The session was closed before")
             : make_failure(errc::session_expired, "The session has expired");
}

std::uint64_t received(const session_data& st) {
  return st.record.received + (st.out ? st.room_numbers->published - st.published_at_join : 0);
}

// Rather twice than never: what an older connection was given lately its client may not have got,
// else it would not come again.
sequence presumed(const session_data& st) { return st.out ? st.heard : st.record.delivered; }

void detach(session_actor* self, std::optional<close_reason> why) {
  auto& st = self->state;
  if (!st.out) return;
  st.record.received = received(st);
  if (why) st.record.delivered = st.room_numbers->committed;  // and nothing after it
  self->send(st.room, leave{std::exchange(st.out, nullptr), why});
}

void refuse(const outbox_ptr& out, const close_reason& why) {
  deliver({.what = step::kind::close, .to = out, .why = why});
}

void give_up_joining(session_actor* self, const close_reason& why) {
  auto& st = self->state;
  if (!st.joining) return;
  audit(st, "refused", st.joining_address, st.joining_token, why.text);
  refuse(std::exchange(st.joining, nullptr), why);
  st.joining_token.clear();
  st.joining_address.clear();
}

namespace {

void push_token(session_actor* self) {
  auto& st = self->state;
  const auto token = new_token(self, st.address);
  std::string bytes;
  append_token_refresh(bytes, token.token, token.expires_ms);
  self->send(st.room, room_notice{st.out, frame(std::move(bytes))});
}

void expire(session_actor* self, const close_reason& why) {
  detach(self, why);
  give_up_joining(self, why);
  enter(self, session_state::expired, why.end);
  save(self);
}

}  // namespace

void on_deadline(session_actor* self) {
  auto& st = self->state;
  const auto now = now_ms(self);
  if (is_over(st.record.state) || now < st.gauge->deadline_ms) return;
  if (!st.out || now >= end_of_life(st)) return expire(self, close::expired);
  if (now >= idle_at(st)) return expire(self, close::idle);
  push_token(self);
  watch_connection(st);
}

}  // namespace chat
