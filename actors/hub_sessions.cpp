#include "actors/hub_sessions.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <caf/all.hpp>
#include <memory>
#include <utility>

#include "actors/audit.hpp"
#include "actors/hub_rooms.hpp"
#include "actors/session.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

constexpr auto sweep_interval = std::chrono::seconds(1);
constexpr std::size_t deadlines_per_sweep_max = 2'000;

// How many sessions of the user wait for their first connection.
std::size_t pending_of(hub_state& st, const std::string& user_id) {
  const auto mine = st.pending.find(user_id);
  if (mine == st.pending.end()) return 0;
  std::erase_if(mine->second, [](const auto& s) { return s->state != session_state::pending; });
  if (!mine->second.empty()) return mine->second.size();
  st.pending.erase(mine);
  return 0;
}

void audit_refused(hub_state& st, const present_token& p, std::string_view why) {
  if (st.node->audit)
    st.node->audit->write(
        {.event = "refused", .room_id = p.room_id, .address = p.address, .reason = why});
}

void audit_revoked(hub_state& st, const std::string& id, const hub_state::session_entry& s,
                   std::string_view address, std::string_view reason) {
  if (st.node->audit)
    st.node->audit->write({.event = "revoke",
                           .session_id = id,
                           .user_id = s.user_id,
                           .room_id = s.room_id,
                           .address = address,
                           .reason = reason});
}

void start_sweeping(hub_actor* self) {
  auto& st = self->state;
  if (st.sessions.empty() || std::exchange(st.ticking, true)) return;
  self->delayed_send(self, sweep_interval, tick{});
}

// One that was stored gets its actor when somebody first asks for it. Null: its room is gone.
caf::actor actor_of(hub_actor* self, hub_state::session_entry& s) {
  if (s.actor) return s.actor;
  auto& st = self->state;
  const auto* room = room_entry_of(self, s.room_id);
  if (!room) return nullptr;
  s.actor = self->spawn(make_session, std::move(*s.stored), st.node, caf::actor(self), room->actor,
                        s.gauge, std::shared_ptr<const room_gauge>(room->gauge));
  s.stored = nullptr;
  return s.actor;
}

void forget(hub_actor* self, const std::string& session_id) {
  auto& st = self->state;
  const auto found = st.sessions.find(session_id);
  if (found == st.sessions.end()) return;
  if (found->second.actor) caf::anon_send_exit(found->second.actor, caf::exit_reason::normal);
  self->send(st.storage, remove_session{found->second.number});
  const auto user_id = std::move(found->second.user_id);
  st.by_number.erase(found->second.number);
  st.sessions.erase(found);
  pending_of(st, user_id);  // and nothing is kept of users that are gone
}

void forget_oldest_over(hub_actor* self) {
  forget(self, self->state.over.front());
  self->state.over.pop_front();
}

}  // namespace

bool may_stay(const hub_state& st, const hub_state::session_entry& s) {
  const auto& node = *st.node;
  const auto may = node.standing_of ? node.standing_of(s.user_id) : std::optional(s.may);
  const auto room = st.rooms.find(s.room_id);
  return may && *may >= scope::write && room != st.rooms.end() &&
         may_see({.user_id = s.user_id, .name = {}, .may = *may}, room->second.definition);
}

// Reading one number each, 100,000 of them take a millisecond. After a restart many may end in one
// second.
void sweep(hub_actor* self) {
  auto& st = self->state;
  st.ticking = false;
  const auto now = node_time_ms(*self, *st.node);
  while (!st.over.empty()) {
    const auto found = st.sessions.find(st.over.front());
    if (found != st.sessions.end() && found->second.gauge->deadline_ms > now) break;
    forget_oldest_over(self);
  }
  std::size_t told = 0;
  std::vector<std::string> roomless;
  std::array<std::uint64_t, 5> in_state{};
  for (auto& [id, s] : st.sessions) {
    const session_state state = s.gauge->state;
    ++in_state[static_cast<std::size_t>(state)];
    if (s.gauge->deadline_ms > now || is_over(state) || told == deadlines_per_sweep_max) continue;
    ++told;
    if (const auto session = actor_of(self, s))
      self->send(session, deadline_passed{});
    else
      roomless.push_back(id);
  }
  for (const auto& id : roomless) forget(self, id);
  if (st.sessions.empty()) in_state = {};  // nobody looks again
  for (std::size_t i = 0; i < in_state.size(); ++i) st.node->counters.sessions[i] = in_state[i];
  start_sweeping(self);
}

caf::result<open_reply> on_open(hub_actor* self, const open_session& q) {
  auto& st = self->state;
  auto* room = find_room_for(self, q.room_id, q.who);
  if (!room) return open_reply(no_room_for(self, q.room_id, q.who));
  if (st.draining)
    return open_reply(tl::unexpected(
        make_failure(errc::overloaded, "The node is stopping", "Connect again in a few seconds")));
  if (room->gauge->participants >= room->definition.participants_max)
    return open_reply(tl::unexpected(make_failure(errc::room_full, "Room is at capacity")));
  if (const auto pending = pending_of(st, q.who.user_id); pending >= st.node->pending_sessions_max)
    return open_reply(tl::unexpected(
        make_failure(errc::node_full,
                     "You have " + std::to_string(pending) + " sessions that were never connected",
                     "Connect one, end some with chat-disconnect, or wait until their tokens "
                     "run out")));
  const bool is_full = st.sessions.size() >= st.node->sessions_max;
  if (is_full && st.over.empty())
    return open_reply(tl::unexpected(
        make_failure(errc::node_full, "The node has as many sessions as it can hold")));
  if (q.dry_run) return open_reply(session_opened{{}, {}, 0, room->definition});
  if (is_full) forget_oldest_over(self);
  auto record = std::make_unique<session_record>();
  record->number = ++st.sessions_made;
  record->session_id = new_session_id();
  record->room_id = q.room_id;
  record->user_id = q.who.user_id;
  record->nickname = q.nickname;
  record->transport = q.transport;
  record->kind = q.kind;
  record->may = q.who.may;
  record->created_ms = node_time_ms(*self, *st.node);
  const auto id = record->session_id;
  const auto at = st.sessions.try_emplace(id).first;
  auto& entry = at->second;
  st.by_number.emplace(record->number, &*at);
  entry = {record->number,    q.who.user_id, q.room_id, {}, std::make_shared<session_gauge>(),
           std::move(record), q.who.may,     q.nickname};
  st.pending[q.who.user_id].push_back(entry.gauge);
  start_sweeping(self);
  self->delegate(actor_of(self, entry), begin_session{room->definition, q.who.address});
  return caf::delegated<open_reply>{};
}

session_reply on_find_session(hub_actor* self, const find_session& q) {
  auto& st = self->state;
  const auto found = st.sessions.find(q.session_id);
  if (found != st.sessions.end() && found->second.user_id != q.user_id)
    return tl::unexpected(make_failure(errc::forbidden, "Not your session"));
  const auto session = found == st.sessions.end() ? nullptr : actor_of(self, found->second);
  if (!session)
    return tl::unexpected(make_failure(errc::session_not_found, "Session does not exist"));
  return session_found{session, found->second.room_id};
}

void on_present(hub_actor* self, present_token& p) {
  auto& st = self->state;
  const auto refuse = [&](const close_reason& why) {
    audit_refused(st, p, why.text);
    deliver({.what = step::kind::close, .to = p.out, .why = why});
  };
  auto token = st.node->tokens->verify(p.token);
  const auto found = token ? st.sessions.find(token->session_id) : st.sessions.end();
  const auto session = found == st.sessions.end() ? nullptr : actor_of(self, found->second);
  if (!session) return refuse(close::invalid_token);
  if (!is_over(found->second.gauge->state) && !may_stay(st, found->second)) {
    caf::anon_send(session, end_session{.why = close::not_welcome});
    return refuse(close::not_welcome);
  }
  self->send(session, redeem{std::move(*token), std::move(p)});
}

void take_over(hub_actor* self, std::vector<session_record> records) {
  auto& st = self->state;
  const auto now = node_time_ms(*self, *st.node);
  const auto& timeouts = st.node->timeouts;
  std::ranges::sort(records, {}, &session_record::ended_ms);  // those that are over, by their end
  st.sessions.reserve(records.size());
  st.sessions_made = st.floor;
  for (auto& r : records) {
    auto gauge = std::make_shared<session_gauge>();
    if (r.state == session_state::connected) {  // when it was killed
      r.state = session_state::disconnected;
      r.end = ended_by::restart;
      r.reconnects = 0;
      r.ended_ms = now;
      if (st.node->audit)
        st.node->audit->write({.event = "disconnect",
                               .session_id = r.session_id,
                               .user_id = r.user_id,
                               .room_id = r.room_id,
                               .reason = to_string(r.end)});
    }
    const auto wait = r.state == session_state::pending        ? timeouts.handoff
                      : r.state == session_state::disconnected ? timeouts.reconnect
                                                               : timeouts.retention;
    const auto end_of_life = r.created_ms + timeouts.lifetime.count();
    gauge->state = r.state;
    gauge->sent = r.sent;
    gauge->deadline_ms =
        is_over(r.state) ? r.ended_ms + wait.count() : std::min(now + wait.count(), end_of_life);
    if (is_over(r.state)) st.over.push_back(r.session_id);
    auto id = r.session_id;
    st.sessions_made = std::max(st.sessions_made, r.number);
    hub_state::session_entry entry{r.number,         r.user_id, r.room_id, {},
                                   std::move(gauge), nullptr,   r.may,     r.nickname};
    entry.stored = std::make_unique<session_record>(std::move(r));
    if (entry.gauge->state == session_state::pending)
      st.pending[entry.user_id].push_back(entry.gauge);
    const auto at = st.sessions.emplace(std::move(id), std::move(entry)).first;
    st.by_number.emplace(at->second.number, &*at);
  }
  start_sweeping(self);
}

void on_over(hub_actor* self, const session_over& over) {
  auto& st = self->state;
  st.over.push_back(over.session_id);
  while (st.over.size() > limits::ended_sessions_max) forget_oldest_over(self);
}

void end_sessions(
    hub_actor* self, const close_reason& why,
    const std::function<bool(const std::string& id, const hub_state::session_entry&)>& which,
    std::function<void(const revoke_reply&)> then) {
  // Counts answers, and is no guard: handlers are dropped when the hub ends, and that is no answer.
  struct progress {
    std::function<void(const revoke_reply&)> then;
    std::size_t awaited = 1;  // this function itself
    revoked ended = {};
    std::optional<failure> why_not = {};

    void on_answer() {
      if (--awaited > 0) return;
      why_not ? then(tl::unexpected(*why_not)) : then(ended);
    }
  };
  const auto all = std::make_shared<progress>(progress{.then = std::move(then)});
  for (auto& [id, s] : self->state.sessions) {
    if (is_over(s.gauge->state) || !which(id, s)) continue;
    const auto session = actor_of(self, s);
    if (!session) continue;  // of a room that is gone: nobody can connect to it
    ++all->awaited;
    self->request(session, caf::infinite, end_session{.why = why})
        .then(
            [all](const end_reply& ended) {
              if (ended) ++all->ended.sessions;
              // It may have ended by itself meanwhile.
              if (!ended && ended.error().code == errc::storage_unavailable)
                all->why_not = ended.error();
              all->on_answer();
            },
            [all](const caf::error&) { all->on_answer(); });  // it is forgotten: it was over
  }
  all->on_answer();
}

caf::result<revoke_reply> on_revoke(hub_actor* self, const revoke& r) {
  auto& st = self->state;
  if (!r.session_id.empty() && !st.sessions.contains(r.session_id))
    return revoke_reply(
        tl::unexpected(make_failure(errc::session_not_found, "Session does not exist",
                                    "Call node-sessions for those there are: it may be over")));
  const auto is_one = [&](const std::string& id, const hub_state::session_entry& s) {
    return r.session_id.empty() ? s.user_id == r.user_id : id == r.session_id;
  };
  if (r.dry_run)
    return revoke_reply(
        revoked{static_cast<std::size_t>(std::ranges::count_if(st.sessions, [&](const auto& one) {
          return !is_over(one.second.gauge->state) && is_one(one.first, one.second);
        }))});
  const auto by = "by " + r.by.user_id;
  if (st.node->audit && r.session_id.empty())
    st.node->audit->write(
        {.event = "revoke", .user_id = r.user_id, .address = r.by.address, .reason = by});
  const auto goes = [&](const std::string& id, const hub_state::session_entry& s) {
    if (!is_one(id, s)) return false;
    audit_revoked(st, id, s, r.by.address, by);
    return true;
  };
  auto answer = self->make_response_promise<revoke_reply>();
  end_sessions(self, close::revoked, goes,
               [answer](const revoke_reply& ended) mutable { answer.deliver(ended); });
  return answer;
}

void end_unwanted(hub_actor* self) {
  const auto goes = [self](const std::string& id, const hub_state::session_entry& s) {
    if (may_stay(self->state, s)) return false;
    audit_revoked(self->state, id, s, {}, "its user may not be here any more");
    return true;
  };
  end_sessions(self, close::not_welcome, goes, [](const revoke_reply& ended) {
    if (!ended) spdlog::warn("sessions that had to end: {}", ended.error().message);
  });
}

}  // namespace chat
