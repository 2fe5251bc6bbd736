#include "actors/session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/session_life.hpp"
#include "actors/session_tokens.hpp"
#include "actors/survey_protocol.hpp"
#include "model/wire.hpp"

namespace chat {

namespace {

// --- Connections -------------------------------------------------------------------------------

// What keeps a token from being redeemed.
std::optional<close_reason> refusal(session_actor* self, const redeem& r) {
  auto& st = self->state;
  if (r.by.room_id != st.record.room_id || r.token.room_id != st.record.room_id ||
      r.by.transport != r.token.transport)
    return close::mismatch;
  if (st.record.state == session_state::expired) return close::expired;
  if (st.record.state == session_state::closed) return st.over_why;
  if (!r.token.address.empty() && r.token.address != r.by.address) return close::wrong_address;
  if (is_used(st, r.token.token_id)) return close::invalid_token;
  if (has_expired(self, r.token)) return close::expired;
  if (!st.out && now_ms(self) >= st.gauge->deadline_ms) return close::expired;
  if (st.joining) return close::taken_over;  // by another token, at the same moment
  return std::nullopt;
}

void on_begin(session_actor* self, const begin_session& b, caf::response_promise answer) {
  auto& st = self->state;
  enter(self, session_state::pending);
  auto token = new_token(self, b.address);
  session_opened opened{st.record.session_id, std::move(token.token), token.expires_ms, b.room};
  save(self, st.record,
       [self, opened = std::move(opened), answer,
        address = b.address](const std::optional<failure>& why_not) mutable {
         if (!why_not) {
           audit(self->state, "handoff", address, self->state.token_id);
           answer.deliver(open_reply(std::move(opened)));
           return;
         }
         enter(self, session_state::closed, ended_by::error);
         answer.deliver(open_reply(tl::unexpected(make_failure(errc::storage_unavailable,
                                                               "The session could not be stored",
                                                               "Call again in a few seconds"))));
       });
}

// The token stays good: the room may have a place later.
void on_join_refused(session_actor* self, const join_refused& refused) {
  auto& st = self->state;
  if (!st.joining) return;  // it was refused before, when the session ended
  audit(st, "refused", st.joining_address, st.joining_token, refused.why.text);
  give_back(st, std::exchange(st.joining_token, {}));
  st.joining = nullptr;
  save(self);
  refuse(refused.out, refused.why);
}

void on_redeem(session_actor* self, redeem& r) {
  auto& st = self->state;
  auto why = refusal(self, r);
  if (!why && !use_up(self, r.token)) why = close::invalid_token;
  if (why) {
    audit(st, "refused", r.by.address, r.token.token_id, why->text);
    return refuse(r.by.out, *why);
  }
  st.joining = r.by.out;
  st.joining_token = r.token.token_id;
  st.joining_address = std::move(r.by.address);
  st.lost_meanwhile = false;
  // After a restart it is the newest that is known.
  st.token_expires_ms = std::max(st.token_expires_ms, r.token.expires_s * 1000);
  const bool is_first = st.record.connected_ms == 0;
  auto since = r.by.since ? r.by.since : r.token.since;
  if (!since && !is_first) since = presumed(st);
  const bool is_claimed = r.by.since.has_value();
  auto record = st.record;
  record.state = session_state::connected;
  record.end = st.out ? ended_by::takeover : ended_by::nothing;
  record.delivered = !since       ? st.room_numbers->committed.load()
                     : is_claimed ? std::min(record.delivered, *since)
                                  : *since;
  if (is_first) record.connected_ms = now_ms(self);
  save(self, std::move(record), [self, since](const std::optional<failure>& why_not) {
    auto& st = self->state;
    if (!st.joining) return;  // the session has ended meanwhile
    if (why_not) return on_join_refused(self, {st.joining, close::internal});
    self->send(st.room, join{st.record.session_id, st.record.nickname, st.joining, since, st.out,
                             st.record.user_id, st.record.kind});
  });
}

void on_joined(session_actor* self, joined& j) {
  auto& st = self->state;
  if (!st.joining) {  // the session has ended meanwhile, and the connection was told
    self->send(st.room, leave{j.out, st.over_why});
    return;
  }
  st.joining = nullptr;
  if (st.node->bind_ip || st.node->audit) st.address = st.joining_address;
  if (st.node->audit) st.opened_by = st.joining_token;
  st.joining_address.clear();
  st.joining_token.clear();
  audit(st, st.out ? "takeover" : "connect", st.address, st.opened_by);
  const bool takes_over = st.out != nullptr;
  if (takes_over) {
    st.record.received = received(st);
    spdlog::debug("session {}: taken over by a newer connection", st.record.session_id);
  }
  st.out = std::move(j.out);
  st.published_at_join = j.published;
  st.record.received += j.replayed;
  st.record.delivered = std::min(j.since.value_or(j.newest), j.newest);
  st.heard = st.record.delivered;  // what is replayed just now it may never get
  enter(self, session_state::connected, takes_over ? ended_by::takeover : ended_by::nothing);
  if (std::exchange(st.lost_meanwhile, false)) save(self);  // else it is stored as connected
}

void on_lost(session_actor* self, const connection_lost& lost) {
  auto& st = self->state;
  if (lost.from != st.out) return;  // given up before
  if (lost.why == ended_by::drain) {
    // Everybody is leaving: the room need not tell anyone.
    st.record.received = received(st);
    st.out = nullptr;
  } else {
    detach(self, std::nullopt);
  }
  st.record.delivered = std::max(st.record.delivered, lost.delivered);
  st.lost_meanwhile = st.joining != nullptr;
  enter(self, session_state::disconnected, lost.why);
  save(self);
}

// --- Events of the connection ------------------------------------------------------------------

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

// How long the session has to wait before it may say more; 0 when it may now.
std::int64_t talk(session_actor* self) {
  auto& st = self->state;
  const auto& rates = st.node->rates.get();
  if (!rates.on) return 0;
  const auto wait_ms = st.talk.wait_ms(rates.messages, now_ms(self));
  if (wait_ms == 0)
    st.talk.take(rates.messages, now_ms(self));
  else
    add(st.node->counters.rate_limited);
  return wait_ms;
}

failure too_fast(std::int64_t wait_ms) {
  return make_rate_limited("You say more than this node allows", wait_ms);
}

// An event of the connection that may go on: it is the session's own, and not too much. One that is
// too much gets its receipt and an error; who does not care is closed.
bool may_pass(session_actor* self, const outbox_ptr& from, const std::string& client_id = {}) {
  auto& st = self->state;
  if (!is_current(self, from)) return false;
  const auto wait_ms = talk(self);
  if (wait_ms == 0) return true;
  deliver({.what = step::kind::receipt, .to = from, .posts = 1});
  constexpr rate allowed{limits::refusals_per_second, limits::refusals_burst};
  if (st.refusals.wait_ms(allowed, now_ms(self)) > 0) {
    // Through the room, behind the errors. The connection tells us when that is done.
    self->send(st.room, leave{from, close::too_fast});
    return false;
  }
  st.refusals.take(allowed, now_ms(self));
  std::string bytes;
  append_error(bytes, too_fast(wait_ms), client_id);
  self->send(st.room, room_notice{from, frame(std::move(bytes))});
  return false;
}

void on_post(session_actor* self, post& p) {
  auto& st = self->state;
  if (!may_pass(self, p.from, p.what->client_id)) return;
  p.what->sender = st.record.nickname;
  p.what->author = author_of(st.record.session_id, st.record.user_id);
  self->send(st.room, room_post{std::move(p.what), std::move(p.from), st.gauge});
}

// --- Commands ----------------------------------------------------------------------------------

caf::result<submit_reply> on_submit(session_actor* self, submit& s) {
  auto& st = self->state;
  on_deadline(self);
  if (is_over(st.record.state)) return submit_reply(tl::unexpected(is_over_failure(st)));
  s.what->sender = st.record.nickname;
  s.what->author = author_of(st.record.session_id, st.record.user_id);
  if (s.dry_run) {
    self->delegate(st.room, std::move(s));
    return caf::delegated<submit_reply>{};
  }
  if (const auto wait_ms = talk(self)) return submit_reply(tl::unexpected(too_fast(wait_ms)));
  if (st.out) active(self);
  self->delegate(st.room, submit{std::move(s.what), st.gauge});
  return caf::delegated<submit_reply>{};
}

session_record status_of(session_actor* self) {
  on_deadline(self);  // it may be due, and nobody has looked yet
  const auto& st = self->state;
  auto record = st.record;
  record.sent = st.gauge->sent;
  record.received = received(st);
  if (st.out) record.delivered = st.room_numbers->committed;
  return record;
}

session_details details_of(session_actor* self) {
  auto record = status_of(self);
  const auto& st = self->state;
  const auto since = record.state == session_state::pending     ? record.created_ms
                     : record.state == session_state::connected ? st.began_ms
                                                                : record.ended_ms;
  return {std::move(record), since, st.out ? st.address : std::string()};
}

caf::result<end_reply> on_end(session_actor* self, const end_session& e) {
  auto& st = self->state;
  if (is_over(st.record.state)) return end_reply(tl::unexpected(is_over_failure(st)));
  if (e.dry_run) return end_reply(session_ended{.session_id = st.record.session_id});
  st.over_why = e.why;
  detach(self, e.why);
  give_up_joining(self, e.why);
  enter(self, session_state::closed, ended_by::command);
  const auto began = st.record.connected_ms > 0 ? st.record.connected_ms : st.record.created_ms;
  session_ended ended{st.record.session_id, st.record.ended_ms, (st.record.ended_ms - began) / 1000,
                      st.gauge->sent};
  auto answer = self->make_response_promise<end_reply>();
  save(self, st.record,
       [answer, ended = std::move(ended)](const std::optional<failure>& why_not) mutable {
         if (!why_not) {
           answer.deliver(end_reply(std::move(ended)));
           return;
         }
         answer.deliver(end_reply(tl::unexpected(make_failure(
             errc::storage_unavailable, "The session has ended, but that could not be stored",
             "Nothing needs doing, unless the node restarts soon: then end it again"))));
       });
  return answer;
}

}  // namespace

caf::behavior make_session(session_actor* self, session_record record, const node_context* node,
                           caf::actor hub, caf::actor room, std::shared_ptr<session_gauge> gauge,
                           std::shared_ptr<const room_gauge> room_numbers) {
  auto& st = self->state;
  st.record = std::move(record);
  st.node = node;
  st.hub = std::move(hub);
  st.room = std::move(room);
  st.gauge = std::move(gauge);
  st.room_numbers = std::move(room_numbers);
  self->set_exit_handler([self](const caf::exit_msg& m) {
    give_up_joining(self, self->state.over_why);
    give_up_saving(self);
    self->quit(m.reason);
  });
  return {
      [self](const begin_session& b) {
        auto answer = self->make_response_promise<open_reply>();
        on_begin(self, b, answer);
        return answer;
      },
      [self](redeem& r) { on_redeem(self, r); },
      [self](joined& j) { on_joined(self, j); },
      [self](const join_refused& refused) { on_join_refused(self, refused); },
      [self](const receipt& r) { on_receipt(self, r); },
      [self](post& p) { on_post(self, p); },
      [self](typing& t) {
        if (!may_pass(self, t.from, t.client_id)) return;
        self->send(self->state.room, room_typing{self->state.record.nickname, std::move(t.from)});
      },
      [self](react& r) {
        if (!may_pass(self, r.from, r.client_id)) return;
        self->send(self->state.room,
                   room_reaction{self->state.record.nickname, std::move(r.message_id),
                                 std::move(r.emoji), std::move(r.from), std::move(r.client_id)});
      },
      [self](touch) {
        if (self->state.out) active(self);
      },
      [self](const connection_lost& lost) { on_lost(self, lost); },
      [self](submit& s) { return on_submit(self, s); },
      [self](get_session_status) { return status_of(self); },
      [self](get_session_details) { return details_of(self); },
      [self](const renew& r) { return on_renew(self, r); },
      [self](const refresh_token& r) { return on_refresh(self, r); },
      [self](const end_session& e) { return on_end(self, e); },
      [self](deadline_passed) { on_deadline(self); },
  };
}

}  // namespace chat
