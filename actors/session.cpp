#include "actors/session.hpp"

#include <caf/all.hpp>
#include <utility>

#include "model/ids.hpp"
#include "model/wire.hpp"

namespace chat {

std::string_view to_string(session_state state) {
  switch (state) {
    case session_state::pending:
      return "pending";
    case session_state::connected:
      return "connected";
    case session_state::disconnected:
      return "disconnected";
    case session_state::closed:
      return "closed";
    case session_state::expired:
      return "expired";
  }
  return "unknown";
}

std::int64_t clock_ms(caf::local_actor& self) {
  using namespace std::chrono;
  return duration_cast<milliseconds>(self.clock().now().time_since_epoch()).count();
}

namespace {

session_state state_of(const session_data& st) {
  return st.gauge->state.load(std::memory_order_relaxed);
}

// Looked at again after `timeout`, and at the latest when its life is over.
void set_deadline(session_actor* self, std::chrono::milliseconds timeout) {
  auto& st = self->state;
  const auto end_of_life = st.opened_ms + st.node->timeouts.lifetime.count();
  st.gauge->deadline_ms = std::min(clock_ms(*self) + timeout.count(), end_of_life);
}

// The one place where a session changes its state.
void enter(session_actor* self, session_state next) {
  auto& st = self->state;
  st.gauge->state = next;
  const auto now = wall_clock_ms();
  switch (next) {
    case session_state::pending:
      set_deadline(self, st.node->timeouts.handoff);
      break;
    case session_state::connected:
      if (st.connected_ms == 0) st.connected_ms = now;
      set_deadline(self, st.node->timeouts.idle);
      break;
    case session_state::disconnected:
      set_deadline(self, st.node->timeouts.reconnect);
      break;
    case session_state::closed:
    case session_state::expired:
      st.closed_ms = now;
      st.gauge->deadline_ms = clock_ms(*self) + st.node->timeouts.retention.count();
      self->send(st.hub, session_over{st.who.session_id});
      break;
  }
}

void active(session_actor* self) {
  self->state.last_activity_ms = wall_clock_ms();
  set_deadline(self, self->state.node->timeouts.idle);
}

std::uint64_t received(const session_data& st) {
  return st.received_before + (st.out ? st.room_numbers->published - st.published_at_join : 0);
}

// Gives up the connection; with a reason the node closes it.
void detach(session_actor* self, std::optional<close_reason> why) {
  auto& st = self->state;
  if (!st.out) return;
  st.received_before = received(st);
  self->send(st.room, leave{std::exchange(st.out, nullptr), why});
}

// What keeps a token from being redeemed.
std::optional<close_reason> refusal(session_actor* self, const redeem& r) {
  auto& st = self->state;
  if (!equal_in_constant_time(r.token, st.who.token)) return close::invalid_token;
  if (r.room_id != st.who.room_id) return close::mismatch;
  const auto state = state_of(st);
  if (state == session_state::expired) return close::expired;
  if (state == session_state::closed) return close::ended;
  if (st.redeemed || st.joining) return close::invalid_token;
  if (clock_ms(*self) >= st.gauge->deadline_ms) return close::expired;
  return std::nullopt;
}

void on_redeem(session_actor* self, const redeem& r) {
  auto& st = self->state;
  if (const auto why = refusal(self, r))
    return deliver({.what = step::kind::close, .to = r.out, .why = *why});
  st.joining = true;
  self->send(st.room, join{st.who.session_id, st.who.nickname, r.out});
}

void on_joined(session_actor* self, joined& j) {
  auto& st = self->state;
  st.joining = false;
  st.redeemed = true;
  if (is_over(state_of(st))) {  // while it was joining
    const bool expired = state_of(st) == session_state::expired;
    self->send(st.room, leave{j.out, expired ? close::expired : close::ended});
    return;
  }
  st.out = std::move(j.out);
  st.published_at_join = j.published;
  st.last_activity_ms = wall_clock_ms();
  enter(self, session_state::connected);
}

// Events of a connection this session has given up get their receipt and nothing else: that
// connection is being closed.
bool is_current(session_actor* self, const outbox_ptr& from) {
  if (from == self->state.out) {
    active(self);
    return true;
  }
  deliver({.what = step::kind::receipt, .to = from, .posts = 1});
  return false;
}

void on_post(session_actor* self, post& p) {
  auto& st = self->state;
  if (!is_current(self, p.from)) return;
  p.what->sender = st.who.nickname;
  p.what->author = st.who.session_id;
  self->send(st.room, room_post{std::move(p.what), std::move(p.from), st.gauge});
}

failure is_over_failure(const session_data& st) {
  return state_of(st) == session_state::closed
             ? make_failure(errc::session_closed, "The session was closed before")
             : make_failure(errc::session_expired, "The session has expired");
}

caf::result<submit_reply> on_submit(session_actor* self, submit& s) {
  auto& st = self->state;
  if (is_over(state_of(st))) return submit_reply(tl::unexpected(is_over_failure(st)));
  if (st.out) active(self);
  s.what->sender = st.who.nickname;
  s.what->author = st.who.session_id;
  self->delegate(st.room, submit{std::move(s.what), st.gauge});
  return caf::delegated<submit_reply>{};
}

session_status status_of(const session_data& st) {
  return {st.who.session_id, st.who.room_id,      st.who.nickname, state_of(st),
          st.connected_ms,   st.last_activity_ms, st.gauge->sent,  received(st)};
}

end_reply on_end(session_actor* self) {
  auto& st = self->state;
  if (is_over(state_of(st))) return tl::unexpected(is_over_failure(st));
  detach(self, close::ended);
  enter(self, session_state::closed);
  const auto began = st.connected_ms > 0 ? st.connected_ms : st.created_ms;
  return session_ended{st.who.session_id, st.closed_ms, (st.closed_ms - began) / 1000,
                       st.gauge->sent};
}

void on_deadline(session_actor* self) {
  auto& st = self->state;
  if (is_over(state_of(st)) || clock_ms(*self) < st.gauge->deadline_ms) return;
  detach(self, close::expired);
  enter(self, session_state::expired);
}

}  // namespace

caf::behavior make_session(session_actor* self, session_identity who, const node_context* node,
                           caf::actor hub, caf::actor room, std::shared_ptr<session_gauge> gauge,
                           std::shared_ptr<const room_gauge> room_numbers) {
  auto& st = self->state;
  st.who = std::move(who);
  st.node = node;
  st.hub = std::move(hub);
  st.room = std::move(room);
  st.gauge = std::move(gauge);
  st.room_numbers = std::move(room_numbers);
  st.opened_ms = clock_ms(*self);
  st.created_ms = wall_clock_ms();
  enter(self, session_state::pending);
  return {
      [self](const redeem& r) { on_redeem(self, r); },
      [self](joined& j) { on_joined(self, j); },
      [self](const join_refused& r) {
        self->state.joining = false;  // the token stays good: the room may have a place later
        deliver({.what = step::kind::close, .to = r.out, .why = r.why});
      },
      [self](post& p) { on_post(self, p); },
      [self](typing& t) {
        if (!is_current(self, t.from)) return;
        self->send(self->state.room, room_typing{self->state.who.nickname, std::move(t.from)});
      },
      [self](react& r) {
        if (!is_current(self, r.from)) return;
        self->send(self->state.room,
                   room_reaction{self->state.who.nickname, std::move(r.message_id),
                                 std::move(r.emoji), std::move(r.from)});
      },
      [self](touch) {
        if (self->state.out) active(self);
      },
      [self](const connection_lost& lost) {
        if (lost.from != self->state.out) return;  // given up before
        detach(self, std::nullopt);
        enter(self, session_state::disconnected);
      },
      [self](submit& s) { return on_submit(self, s); },
      [self](get_session_status) { return status_of(self->state); },
      [self](end_session) { return on_end(self); },
      [self](deadline_passed) { on_deadline(self); },
  };
}

}  // namespace chat
