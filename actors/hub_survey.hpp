#pragma once
// What the operator looks for in the directory. A node may have 100,000 rooms and as many sessions:
// the hub looks at survey_slice of them, then others have their turn, and so on until the page is
// full or all were seen. What comes and goes meanwhile is on the page, or is not. For hub.cpp only.

#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>

#include "actors/hub.hpp"
#include "actors/survey_protocol.hpp"

namespace chat {

/// hub -> hub: the next slice.
struct survey_more {
  std::function<void()> go_on;
};

caf::result<room_survey> on_survey_rooms(hub_actor* self, survey_rooms& q);
caf::result<session_survey> on_survey_sessions(hub_actor* self, survey_sessions& q);

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::survey_more)
