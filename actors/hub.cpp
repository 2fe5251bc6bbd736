#include "actors/hub.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/audit.hpp"
#include "actors/room.hpp"
#include "actors/session.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

constexpr auto sweep_interval = std::chrono::seconds(1);
constexpr std::size_t deadlines_per_sweep_max = 2'000;

tl::unexpected<failure> no_room(const std::string& id) {
  return tl::unexpected(make_failure(errc::room_not_found, "Room \"" + id + "\" does not exist"));
}

hub_state::room_entry* find(hub_actor* self, const std::string& id) {
  auto& st = self->state;
  const auto found = st.rooms.find(id);
  if (found == st.rooms.end()) return nullptr;
  auto& room = found->second;
  if (!room.actor)
    room.actor = self->spawn(make_room, room.definition, st.node, st.storage, room.gauge);
  return &room;
}

room_reply on_find_room(hub_actor* self, const find_room& q) {
  auto* room = find(self, q.room_id);
  if (!room) return no_room(q.room_id);
  return room_found{room->actor, room->definition, room->gauge->participants};
}

bool matches(const room_definition& room, const std::string& search) {
  return search.empty() || room.id.find(search) != std::string::npos ||
         room.name.find(search) != std::string::npos;
}

room_list on_list(const hub_state& st, const list_rooms& q) {
  room_list list;
  for (const auto& [id, room] : st.rooms) {
    if (!matches(room.definition, q.search)) continue;
    ++list.total;
    if (id <= q.cursor && !q.cursor.empty()) continue;
    if (list.rooms.size() < q.limit)
      list.rooms.push_back({room.definition, room.gauge->participants});
    else if (list.next_cursor.empty())
      list.next_cursor = list.rooms.back().definition.id;
  }
  return list;
}

hub_state::room_entry& add_room(hub_state& st, room_definition definition) {
  auto id = definition.id;
  auto& entry = st.rooms[std::move(id)];
  entry = {std::move(definition), std::make_shared<room_gauge>(), {}};
  return entry;
}

caf::result<room_reply> on_create(hub_actor* self, create_room& c) {
  auto& st = self->state;
  const auto id = c.definition.id;
  if (st.rooms.contains(id) || st.rooms_in_making.contains(id))
    return room_reply(
        tl::unexpected(make_failure(errc::already_exists, "Room \"" + id + "\" exists already",
                                    "Join it with chat-connect, or choose another roomId")));
  if (st.rooms.size() + st.rooms_in_making.size() >= limits::rooms_max)
    return room_reply(
        tl::unexpected(make_failure(errc::node_full, "The node has as many rooms as it can hold",
                                    "Use one of the rooms that chat-rooms lists")));
  st.rooms_in_making.insert(id);
  auto answer = self->make_response_promise<room_reply>();
  self->request(st.storage, limits::ask_timeout, store_room{c.definition})
      .then(
          [self, answer, definition = c.definition](const stored_reply& stored) mutable {
            self->state.rooms_in_making.erase(definition.id);
            if (!stored) {
              answer.deliver(room_reply(tl::unexpected(stored.error())));
              return;
            }
            add_room(self->state, definition);
            spdlog::info("room {} created, at most {} participants", definition.id,
                         definition.participants_max);
            answer.deliver(on_find_room(self, {definition.id}));
          },
          [self, answer, id](const caf::error& e) mutable {
            // It may be stored all the same: then the next start has it.
            self->state.rooms_in_making.erase(id);
            answer.deliver(e);
          });
  return answer;
}

// --- Sessions ----------------------------------------------------------------------------------

void sweep(hub_actor* self);

void start_sweeping(hub_actor* self) {
  auto& st = self->state;
  if (st.sessions.empty() || std::exchange(st.ticking, true)) return;
  self->delayed_send(self, sweep_interval, tick{});
}

// One that was stored gets its actor when somebody first asks for it. Null: its room is gone.
caf::actor actor_of(hub_actor* self, hub_state::session_entry& s) {
  if (s.actor) return s.actor;
  auto& st = self->state;
  const auto* room = find(self, s.room_id);
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
  st.sessions.erase(found);
}

void forget_oldest_over(hub_actor* self) {
  forget(self, self->state.over.front());
  self->state.over.pop_front();
}

// Tells sessions whose deadline has passed, and drops those that ended long ago. Reading one
// number each, 100,000 of them take a millisecond. After a restart many may end in one second.
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
  for (auto& [id, s] : st.sessions) {
    if (s.gauge->deadline_ms > now || is_over(s.gauge->state)) continue;
    if (told++ == deadlines_per_sweep_max) break;
    if (const auto session = actor_of(self, s))
      self->send(session, deadline_passed{});
    else
      roomless.push_back(id);
  }
  for (const auto& id : roomless) forget(self, id);
  start_sweeping(self);
}

caf::result<open_reply> on_open(hub_actor* self, const open_session& q) {
  auto& st = self->state;
  auto* room = find(self, q.room_id);
  if (!room) return open_reply(no_room(q.room_id));
  if (st.draining)
    return open_reply(tl::unexpected(
        make_failure(errc::overloaded, "The node is stopping", "Connect again in a few seconds")));
  if (room->gauge->participants >= room->definition.participants_max)
    return open_reply(tl::unexpected(make_failure(errc::room_full, "Room is at capacity")));
  if (st.sessions.size() >= limits::sessions_max) {
    if (st.over.empty())
      return open_reply(tl::unexpected(
          make_failure(errc::node_full, "The node has as many sessions as it can hold")));
    forget_oldest_over(self);
  }
  auto record = std::make_unique<session_record>();
  record->number = ++st.sessions_made;
  record->session_id = new_session_id();
  record->room_id = q.room_id;
  record->user_id = q.user_id;
  record->nickname = q.nickname;
  record->created_ms = node_time_ms(*self, *st.node);
  const auto id = record->session_id;
  auto& entry = st.sessions[id];
  entry = {record->number,   q.user_id, q.room_id, {}, std::make_shared<session_gauge>(),
           std::move(record)};
  start_sweeping(self);
  self->delegate(actor_of(self, entry), begin_session{room->definition, q.address});
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
  if (auto token = st.node->tokens->verify(p.token)) {
    const auto found = st.sessions.find(token->session_id);
    const auto session = found == st.sessions.end() ? nullptr : actor_of(self, found->second);
    if (session)
      return self->send(session, redeem{std::move(*token), std::move(p.room_id), std::move(p.out),
                                        std::move(p.address)});
  }
  if (st.node->audit)
    st.node->audit->write({.event = "refused",
                           .room_id = p.room_id,
                           .address = p.address,
                           .reason = close::invalid_token.text});
  deliver({.what = step::kind::close, .to = p.out, .why = close::invalid_token});
}

// What the store has of sessions, as the node finds it when it starts. Their windows begin anew:
// that the node was away is not their fault.
void take_over(hub_actor* self, std::vector<session_record> records) {
  auto& st = self->state;
  const auto now = node_time_ms(*self, *st.node);
  const auto& timeouts = st.node->timeouts;
  std::ranges::sort(records, {}, &session_record::ended_ms);  // those that are over, by their end
  st.sessions.reserve(records.size());
  for (auto& r : records) {
    auto gauge = std::make_shared<session_gauge>();
    if (r.state == session_state::connected) {  // when it was killed
      r.state = session_state::disconnected;
      r.end = ended_by::restart;
      r.reconnects = 0;
      r.ended_ms = now;
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
    hub_state::session_entry entry{r.number, r.user_id, r.room_id, {}, std::move(gauge), nullptr};
    entry.stored = std::make_unique<session_record>(std::move(r));
    st.sessions.emplace(std::move(id), std::move(entry));
  }
  start_sweeping(self);
}

hub_status status_of(const hub_state& st) {
  hub_status status;
  status.rooms = st.rooms.size();
  for (const auto& [id, room] : st.rooms) status.rooms_active += room.actor ? 1 : 0;
  for (const auto& [id, s] : st.sessions)
    ++status.sessions[static_cast<std::size_t>(s.gauge->state.load())];
  return status;
}

// The actors it made end with it; handles both ways would keep them for ever otherwise.
void stop_all(hub_actor* self) {
  auto& st = self->state;
  for (auto& [id, s] : st.sessions)
    if (s.actor) caf::anon_send_exit(s.actor, caf::exit_reason::user_shutdown);
  for (auto& [id, room] : st.rooms)
    if (room.actor) caf::anon_send_exit(room.actor, caf::exit_reason::user_shutdown);
  st.sessions.clear();
  st.rooms.clear();
}

}  // namespace

caf::behavior make_hub(hub_actor* self, const node_context* node, caf::actor storage,
                       std::vector<room_definition> rooms, std::vector<session_record> sessions) {
  auto& st = self->state;
  st.node = node;
  st.storage = std::move(storage);
  for (auto& definition : rooms) add_room(st, std::move(definition));
  take_over(self, std::move(sessions));
  self->set_exit_handler([self](const caf::exit_msg& m) {
    stop_all(self);
    self->quit(m.reason);
  });
  return {
      [self](const find_room& q) { return on_find_room(self, q); },
      [self](const list_rooms& q) { return on_list(self->state, q); },
      [self](create_room& c) { return on_create(self, c); },
      [self](const open_session& q) { return on_open(self, q); },
      [self](const find_session& q) { return on_find_session(self, q); },
      [self](present_token& p) { on_present(self, p); },
      [self](const session_over& s) {
        self->state.over.push_back(s.session_id);
        while (self->state.over.size() > limits::ended_sessions_max) forget_oldest_over(self);
      },
      [self](get_hub_status) { return status_of(self->state); },
      [self](drain) { self->state.draining = true; },
      [self](tick) { sweep(self); },
  };
}

}  // namespace chat
