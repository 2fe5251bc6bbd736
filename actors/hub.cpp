#include "actors/hub.hpp"

#include <caf/all.hpp>
#include <utility>

#include "actors/hub_rooms.hpp"
#include "actors/hub_sessions.hpp"
#include "actors/hub_survey.hpp"

namespace chat {

namespace {

hub_status status_of(const hub_state& st) {
  hub_status status;
  status.rooms = st.rooms.size();
  status.rooms_active = read(st.node->counters.rooms_active);
  for (const auto& [id, s] : st.sessions)
    ++status.sessions[static_cast<std::size_t>(s.gauge->state.load())];
  return status;
}

void end_all_waiting(const hub_state& st) {
  for (const auto& [id, room] : st.rooms)
    if (room.actor) caf::anon_send(room.actor, end_waiting{});
}

// No new sessions; and nobody waits any longer for what may not come.
void on_drain(hub_state& st) {
  st.draining = true;
  end_all_waiting(st);
}

// Also whoever waits for messages without a session: to go on they must ask again, and say who
// they are.
void on_standing_changed(hub_actor* self) {
  end_unwanted(self);
  end_all_waiting(self->state);
}

// The actors it made end with it; handles both ways would keep them for ever otherwise.
void stop_all(hub_actor* self) {
  auto& st = self->state;
  for (auto& [id, s] : st.sessions)
    if (s.actor) caf::anon_send_exit(s.actor, caf::exit_reason::user_shutdown);
  for (auto& [id, room] : st.rooms)
    if (room.actor) caf::anon_send_exit(room.actor, caf::exit_reason::user_shutdown);
  st.by_number.clear();
  st.sessions.clear();
  st.rooms.clear();
}

}  // namespace

caf::behavior make_hub(hub_actor* self, const node_context* node, caf::actor storage,
                       stored_state stored) {
  auto& st = self->state;
  st.node = node;
  st.storage = std::move(storage);
  st.floor = stored.floor;
  for (auto& definition : stored.rooms) add_room(st, std::move(definition));
  take_over(self, std::move(stored.sessions));
  end_unwanted(self);  // what changed while the node was away
  self->set_exit_handler([self](const caf::exit_msg& m) {
    stop_all(self);
    self->quit(m.reason);
  });
  return {
      [self](const find_room& q) { return on_find_room(self, q); },
      [self](list_rooms& q) { return on_list_rooms(self, q); },
      [self](search_rooms& q) { return on_search_rooms(self, q); },
      [self](create_room& c) { return on_create_room(self, c); },
      [self](update_room& u) { return on_update_room(self, u); },
      [self](const delete_room& d) { return on_delete_room(self, d); },
      [self](const open_session& q) { return on_open(self, q); },
      [self](const find_session& q) { return on_find_session(self, q); },
      [self](present_token& p) { on_present(self, p); },
      [self](const revoke& r) { return on_revoke(self, r); },
      [self](standing_changed) { on_standing_changed(self); },
      [self](const session_over& over) { on_over(self, over); },
      [self](get_hub_status) { return status_of(self->state); },
      [self](survey_rooms& q) { return on_survey_rooms(self, q); },
      [self](survey_sessions& q) { return on_survey_sessions(self, q); },
      [](const survey_more& more) { more.go_on(); },
      [self](drain) { on_drain(self->state); },
      [self](tick) { sweep(self); },
  };
}

}  // namespace chat
