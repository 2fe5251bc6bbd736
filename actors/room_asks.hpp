#pragma once
// What a room asks the storage. For the .cpp files of the room only.
//
// Errors: whoever waits for the room is answered in any case. Handlers of answers that have not
// come are dropped when an actor ends, so what they owe is kept beside them.

#include <caf/event_based_actor.hpp>
#include <caf/response_handle.hpp>
#include <functional>
#include <utility>

#include "actors/room.hpp"

namespace chat {

/// `then` runs once: with the answer, however late it comes, or with why there is none. Reply is a
/// `result`.
template <class Reply, class Question>
void ask_storage(room_actor* self, Question what, std::function<void(Reply)> then) {
  auto& st = self->state;
  const auto id = ++st.asks_made;
  st.asks.emplace(id, [then](const failure& why) { then(tl::unexpected(why)); });
  self->request(st.storage, caf::infinite, std::move(what))
      .then(
          [self, id, then](Reply& reply) {
            if (self->state.asks.erase(id) > 0) then(std::move(reply));
          },
          [self, id](const caf::error&) {
            const auto asked = self->state.asks.extract(id);
            if (asked)
              asked.mapped()(make_failure(errc::storage_unavailable, "The store has ended"));
          });
}

/// The room is about to end.
inline void give_up_asks(room_actor* self) {
  const auto why = make_failure(errc::overloaded, "The room has ended", "Call again");
  for (const auto& [id, give_up] : std::exchange(self->state.asks, {})) give_up(why);
}

}  // namespace chat
