#include "actors/hub_survey.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "actors/outbox.hpp"
#include "model/limits.hpp"
#include "model/text.hpp"

namespace chat {

namespace {

// --- Rooms ---------------------------------------------------------------------------------------

struct room_search {
  survey_rooms what;
  caf::typed_response_promise<room_survey> answer;
  room_survey found = {};
};

bool is_before(std::uint64_t load, std::string_view id, std::uint64_t other_load,
               std::string_view other_id) {
  return load != other_load ? load > other_load : id < other_id;
}

room_load numbers_of(const hub_state::room_entry& room, std::int64_t now_ms) {
  room_load load;
  load.is_private = room.definition.is_private;
  load.is_active = static_cast<bool>(room.actor);
  load.members = room.gauge->participants;
  load.members_max = room.definition.participants_max;
  load.messages = room.gauge->published;
  load.messages_per_kilosecond = room.gauge->lately.per_kilosecond(now_ms);
  load.deliveries_per_kilosecond = load.messages_per_kilosecond * load.members;
  return load;
}

// Into its place among those found, if it is one of the first of them.
void consider(room_search& search, const hub_state::room_entry& room, std::int64_t now_ms) {
  const auto& [by, limit, after] = search.what;
  auto& rooms = search.found.rooms;
  const auto& id = room.definition.id;
  auto load = numbers_of(room, now_ms);
  const auto rank = load_of(load, by);
  if (after && !is_before(after->load, after->room_id, rank, id)) return;
  const auto place = std::ranges::find_if(rooms, [&, by = by](const room_load& other) {
    return is_before(rank, id, load_of(other, by), other.room_id);
  });
  if (place == rooms.end() && rooms.size() == limit) {
    search.found.has_more = true;
    return;
  }
  load.room_id = id;
  load.name = room.definition.name;
  rooms.insert(place, std::move(load));
  if (rooms.size() <= limit) return;
  rooms.pop_back();
  search.found.has_more = true;
}

// --- Sessions ------------------------------------------------------------------------------------

struct session_search {
  survey_sessions what;
  caf::typed_response_promise<session_survey> answer;
  session_survey found = {};
  std::string folded = fold_text(what.query);
};

bool is_looked_for(const session_search& search, const std::string& id,
                   const hub_state::session_entry& session) {
  const auto& q = search.what;
  if (q.state && session.gauge->state != *q.state) return false;
  const auto has_part = [&](const std::string& text) {
    return fold_text(text).find(search.folded) != std::string::npos;
  };
  return q.query.empty() || id.starts_with(q.query) || has_part(session.nickname) ||
         has_part(session.user_id) || has_part(session.room_id);
}

session_survey::entry entry_of(const std::string& id, const hub_state::session_entry& session) {
  if (session.stored) return {nullptr, *session.stored};
  session_survey::entry entry{session.actor, {}};
  entry.stored.session_id = id;
  entry.stored.number = session.number;
  return entry;
}

void look_on(hub_actor* self, const std::shared_ptr<session_search>& search) {
  const auto& sessions = self->state.by_number;
  auto& before = search->what.before;
  auto& found = search->found;
  auto at = before ? sessions.lower_bound(*before) : sessions.end();
  for (std::size_t n = 0; n < limits::survey_slice && at != sessions.begin(); ++n) {
    --at;
    const auto& [id, session] = *at->second;
    if (!is_looked_for(*search, id, session)) continue;
    if (found.sessions.size() == search->what.limit) {
      found.has_more = true;
      search->answer.deliver(std::move(found));
      return;
    }
    found.sessions.push_back(entry_of(id, session));
  }
  if (at == sessions.begin()) {
    search->answer.deliver(std::move(found));
    return;
  }
  before = at->first;
  go_on_later(self, [self, search] { look_on(self, search); });
}

}  // namespace

std::uint64_t load_of(const room_load& room, room_order by) {
  switch (by) {
    case room_order::rate:
      return room.messages_per_kilosecond;
    case room_order::messages:
      return room.messages;
    case room_order::members:
      return room.members;
    case room_order::deliveries:
      break;
  }
  return room.deliveries_per_kilosecond;
}

caf::result<room_survey> on_survey_rooms(hub_actor* self, survey_rooms& q) {
  auto answer = self->make_response_promise<room_survey>();
  const auto search = std::make_shared<room_search>(room_search{std::move(q), answer});
  const auto visit = [self, search](const hub_state::room_entry& room) {
    ++search->found.total;
    consider(*search, room, node_time_ms(*self, *self->state.node));
  };
  const auto done = [search] { search->answer.deliver(std::move(search->found)); };
  walk_rooms(self, std::make_shared<room_walk>(room_walk{visit, done}));
  return answer;
}

caf::result<session_survey> on_survey_sessions(hub_actor* self, survey_sessions& q) {
  auto answer = self->make_response_promise<session_survey>();
  look_on(self, std::make_shared<session_search>(session_search{std::move(q), answer}));
  return answer;
}

}  // namespace chat
