#include "actors/hub_rooms.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/hub_sessions.hpp"
#include "actors/room.hpp"
#include "actors/room_walk.hpp"
#include "model/text.hpp"

namespace chat {

namespace {

using condition = hub_state::room_entry::condition;

// What a search for rooms looks at: no id and no search has a line break.
std::string searched_text(const room_definition& room) {
  return fold_text(room.id) + '\n' + fold_text(room.name);
}

tl::unexpected<failure> busy_room(const std::string& id) {
  return tl::unexpected(make_failure(errc::overloaded, "Room \"" + id + "\" is being changed",
                                     "Call again in a few seconds"));
}

room_found found(const hub_state::room_entry& room) {
  return {room.actor, room.definition, room.gauge->participants};
}

// Asks the storage; `then` gets what came of it, however late: what was handed over is under way
// until then, and the room stays as it is for all others. Callers have deadlines of their own.
template <class Question, class Then>
void ask_storage(hub_actor* self, Question what, Then then) {
  self->request(self->state.storage, caf::infinite, std::move(what))
      .then([then](const stored_reply& stored) mutable { then(stored); },
            [then](const caf::error&) mutable {
              then(stored_reply(
                  tl::unexpected(make_failure(errc::storage_unavailable, "The store has ended"))));
            });
}

void apply(room_changes& c, room_definition& room) {
  if (c.name) room.name = std::move(*c.name);
  if (c.description) room.description = std::move(*c.description);
  if (c.participants_max) room.participants_max = *c.participants_max;
  if (c.is_private) room.is_private = *c.is_private;
  if (c.members) room.members = std::move(*c.members);
}

}  // namespace

tl::unexpected<failure> no_room(const std::string& id) {
  return tl::unexpected(make_failure(errc::room_not_found, "Room \"" + id + "\" does not exist"));
}

hub_state::room_entry* room_entry_of(hub_actor* self, const std::string& id) {
  auto& st = self->state;
  const auto at = st.rooms.find(id);
  if (at == st.rooms.end()) return nullptr;
  auto& room = at->second;
  if (!room.actor) {
    room.actor = self->spawn(make_room, room.definition, st.node, st.storage, room.gauge);
    add(st.node->counters.rooms_active);
  }
  return &room;
}

hub_state::room_entry* find_open_room(hub_actor* self, const std::string& id) {
  auto* room = room_entry_of(self, id);
  return room && room->is != condition::closing ? room : nullptr;
}

tl::unexpected<failure> no_room_for(hub_actor* self, const std::string& id, const caller& who) {
  const auto at = self->state.rooms.find(id);
  if (at == self->state.rooms.end() || !may_see(who, at->second.definition)) return no_room(id);
  return tl::unexpected(make_failure(errc::overloaded, "Room \"" + id + "\" is being deleted",
                                     "Call again in a few seconds: then it is gone, or goes on"));
}

hub_state::room_entry* find_room_for(hub_actor* self, const std::string& id, const caller& who) {
  const auto at = self->state.rooms.find(id);
  if (at == self->state.rooms.end() || !may_see(who, at->second.definition)) return nullptr;
  return find_open_room(self, id);
}

void add_room(hub_state& st, room_definition definition) {
  auto id = definition.id;
  auto text = searched_text(definition);
  st.rooms[std::move(id)] = {.definition = std::move(definition),
                             .gauge = std::make_shared<room_gauge>(),
                             .searched_text = std::move(text)};
  st.node->counters.rooms = st.rooms.size();
}

room_reply on_find_room(hub_actor* self, const find_room& q) {
  const auto* room = find_room_for(self, q.room_id, q.who);
  if (!room) return no_room_for(self, q.room_id, q.who);
  return found(*room);
}

namespace {

struct room_listing {
  list_rooms what;
  std::string search;  // folded
  caf::typed_response_promise<room_list> answer;
  room_list found = {};

  void consider(const hub_state::room_entry& room) {
    const auto& id = room.definition.id;
    if (!may_see(what.who, room.definition) || room.searched_text.find(search) == std::string::npos)
      return;
    ++found.total;
    if (id <= what.cursor && !what.cursor.empty()) return;
    if (found.rooms.size() < what.limit)
      found.rooms.push_back({room.definition, room.gauge->participants});
    else if (found.next_cursor.empty())
      found.next_cursor = found.rooms.back().definition.id;
  }
};

}  // namespace

caf::result<room_list> on_list_rooms(hub_actor* self, list_rooms& q) {
  auto answer = self->make_response_promise<room_list>();
  auto search = fold_text(q.search);
  const auto listing =
      std::make_shared<room_listing>(room_listing{std::move(q), std::move(search), answer});
  walk_rooms(self, std::make_shared<room_walk>(room_walk{
                       [listing](const hub_state::room_entry& room) { listing->consider(room); },
                       [listing] { listing->answer.deliver(std::move(listing->found)); }}));
  return answer;
}

caf::result<search_reply> on_search_rooms(hub_actor* self, search_rooms& q) {
  auto& st = self->state;
  auto search = std::make_shared<search_messages>(
      search_messages{q.who.user_id, {}, !q.room_id.empty(), std::move(q.what)});
  if (search->of_one_room) {
    const auto at = st.rooms.find(q.room_id);
    if (at == st.rooms.end() || at->second.is == condition::closing ||
        !may_see(q.who, at->second.definition))
      return search_reply(no_room_for(self, q.room_id, q.who));
    search->rooms.push_back(q.room_id);
    self->delegate(st.storage, std::move(*search));
    return caf::delegated<search_reply>{};
  }
  auto answer = self->make_response_promise<search_reply>();
  const auto visit = [search, who = std::move(q.who)](const hub_state::room_entry& room) {
    if (may_see(who, room.definition)) search->rooms.push_back(room.definition.id);
  };
  const auto done = [self, search, answer]() mutable {
    self->request(self->state.storage, caf::infinite, std::move(*search))
        .then([answer](search_reply& found) mutable { answer.deliver(std::move(found)); },
              [answer](const caf::error& e) mutable {
                answer.deliver(search_reply(tl::unexpected(make_failure(
                    errc::storage_unavailable, "The search ended early: " + to_string(e)))));
              });
  };
  walk_rooms(self, std::make_shared<room_walk>(room_walk{visit, done}));
  return answer;
}

caf::result<room_reply> on_create_room(hub_actor* self, create_room& c) {
  auto& st = self->state;
  const auto id = c.definition.id;
  if (st.rooms.contains(id) || st.rooms_in_making.contains(id))
    return room_reply(
        tl::unexpected(make_failure(errc::already_exists, "Room \"" + id + "\" exists already",
                                    "Join it with chat-connect, or choose another roomId")));
  if (st.rooms.size() + st.rooms_in_making.size() >= st.node->rooms_max)
    return room_reply(
        tl::unexpected(make_failure(errc::node_full, "The node has as many rooms as it can hold",
                                    "Use one of the rooms that chat-rooms lists")));
  if (c.dry_run) return room_reply(room_found{{}, std::move(c.definition), 0});
  st.rooms_in_making.insert(id);
  auto answer = self->make_response_promise<room_reply>();
  auto on_stored = [self, answer, definition = c.definition](const stored_reply& stored) mutable {
    const auto id = definition.id;
    self->state.rooms_in_making.erase(id);
    if (!stored) {
      answer.deliver(room_reply(tl::unexpected(stored.error())));
      return;
    }
    spdlog::info("room {} created, at most {} participants", id, definition.participants_max);
    self->state.node->news->tell(definition);
    add_room(self->state, std::move(definition));
    answer.deliver(room_reply(found(*find_open_room(self, id))));
  };
  if (st.floor == 0) {
    ask_storage(self, store_room{std::move(c.definition)}, std::move(on_stored));
    return answer;
  }
  // What a deleted room of that id may have left goes first.
  ask_storage(self, remove_messages{id, st.floor},
              [self, on_stored, definition = c.definition](const stored_reply& gone) mutable {
                if (!gone) return on_stored(gone);
                ask_storage(self, store_room{std::move(definition)}, std::move(on_stored));
              });
  return answer;
}

caf::result<update_reply> on_update_room(hub_actor* self, update_room& u) {
  auto* room = room_entry_of(self, u.room_id);
  if (!room) return update_reply(no_room(u.room_id));
  if (room->is != condition::open) return update_reply(busy_room(u.room_id));
  if (u.dry_run) return update_reply(room_updated{found(*room), room->definition});
  room->is = condition::changing;
  auto definition = room->definition;
  apply(u.changes, definition);
  auto answer = self->make_response_promise<update_reply>();
  ask_storage(
      self, store_room{definition}, [self, answer, definition](const stored_reply& stored) mutable {
        auto& entry = self->state.rooms.at(definition.id);
        entry.is = condition::open;
        if (!stored) {
          answer.deliver(update_reply(tl::unexpected(stored.error())));
          return;
        }
        const auto before = std::exchange(entry.definition, definition);
        entry.searched_text = searched_text(definition);
        self->send(entry.actor, room_changed{definition});
        self->state.node->news->tell(before);
        self->state.node->news->tell(definition);
        const update_reply reply = room_updated{found(entry), before};
        if (!definition.is_private) {
          answer.deliver(reply);
          return;
        }
        // Those who may not be in it any more go before the answer says so.
        const auto goes = [self, definition](const std::string&,
                                             const hub_state::session_entry& s) {
          return s.room_id == definition.id && !may_stay(self->state, s);
        };
        end_sessions(self, close::not_welcome, goes,
                     [answer, reply](const revoke_reply& ended) mutable {
                       answer.deliver(ended ? reply : update_reply(tl::unexpected(ended.error())));
                     });
      });
  return answer;
}

// The room first tells the last sequence it gave out, and gives out no more. Its messages go when
// nobody is left in it.
caf::result<room_reply> on_delete_room(hub_actor* self, const delete_room& d) {
  auto* room = room_entry_of(self, d.room_id);
  if (!room) return room_reply(no_room(d.room_id));
  if (room->is != condition::open) return room_reply(busy_room(d.room_id));
  if (d.dry_run) return room_reply(found(*room));
  room->is = condition::closing;
  auto answer = self->make_response_promise<room_reply>();
  auto give_up = [self, answer, id = d.room_id](const failure& why) mutable {
    auto& entry = self->state.rooms.at(id);
    entry.is = condition::open;
    self->send(entry.actor, reopen_room{});
    answer.deliver(room_reply(tl::unexpected(why)));
  };
  auto on_removed = [self, answer, give_up, id = d.room_id](const stored_reply& removed) mutable {
    if (!removed) return give_up(removed.error());
    const auto goes = [id](const std::string&, const hub_state::session_entry& s) {
      return s.room_id == id;
    };
    end_sessions(self, close::room_deleted, goes, [self, answer, id](const revoke_reply&) mutable {
      auto& st = self->state;
      const auto at = st.rooms.find(id);
      const auto reply = room_reply(found(at->second));
      caf::anon_send_exit(at->second.actor, caf::exit_reason::normal);
      caf::anon_send(st.storage, remove_messages{id, st.floor});
      st.node->news->tell(at->second.definition);
      st.rooms.erase(at);
      st.node->counters.rooms = st.rooms.size();
      subtract(st.node->counters.rooms_active);
      spdlog::info("room {} deleted", id);
      answer.deliver(reply);
    });
  };
  self->request(room->actor, caf::infinite, close_room{})
      .then(
          [self, on_removed, id = d.room_id](sequence last) {
            auto& st = self->state;
            st.floor = std::max(st.floor, last);
            ask_storage(self, remove_room{id, st.floor}, on_removed);
          },
          [give_up](const caf::error&) mutable {
            give_up(make_failure(errc::storage_unavailable,
                                 "The room's messages cannot be read at the moment"));
          });
  return answer;
}

}  // namespace chat
