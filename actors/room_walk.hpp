#pragma once
// Looks at every room of the directory. A node may have 100,000: the hub looks at survey_slice of
// them, then others have their turn. What comes and goes meanwhile is seen, or is not. For the hub
// only.

#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/hub.hpp"

namespace chat {

/// hub -> hub: the next slice.
struct survey_more {
  std::function<void()> go_on;
};

/// Sends the hub a survey_more, behind what its loop has to do: an actor that sends to itself would
/// keep the loop for many messages.
void go_on_later(hub_actor* self, std::function<void()> go_on);

struct room_walk {
  std::function<void(const hub_state::room_entry&)> visit;  ///< those that are not being deleted
  std::function<void()> done;
  std::string position = {};  ///< the last one looked at
};
/// By id, the first slice at once.
void walk_rooms(hub_actor* self, std::shared_ptr<room_walk> walk);

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::survey_more)
