#include "actors/room_walk.hpp"

#include <caf/all.hpp>
#include <utility>

#include "actors/outbox.hpp"
#include "model/limits.hpp"

namespace chat {

void go_on_later(hub_actor* self, std::function<void()> go_on) {
  self->state.node->lanes.front()->post(
      [hub = caf::actor(self), more = std::move(go_on)]() mutable {
        caf::anon_send(hub, survey_more{std::move(more)});
      });
}

void walk_rooms(hub_actor* self, std::shared_ptr<room_walk> walk) {
  const auto& rooms = self->state.rooms;
  auto at = rooms.upper_bound(walk->position);  // no id is empty
  for (std::size_t n = 0; n < limits::survey_slice && at != rooms.end(); ++n, ++at) {
    if (n + 1 == limits::survey_slice) walk->position = at->first;
    if (at->second.is != hub_state::room_entry::condition::closing) walk->visit(at->second);
  }
  if (at == rooms.end()) return walk->done();
  go_on_later(self, [self, walk = std::move(walk)] { walk_rooms(self, walk); });
}

}  // namespace chat
