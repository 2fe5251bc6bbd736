#pragma once
// What the operator looks for in the directory, a slice at a time as in room_walk.hpp. What comes
// and goes meanwhile is on the page, or is not. For hub.cpp only.

#include "actors/hub.hpp"
#include "actors/room_walk.hpp"
#include "actors/survey_protocol.hpp"

namespace chat {

caf::result<room_survey> on_survey_rooms(hub_actor* self, survey_rooms& q);
caf::result<session_survey> on_survey_sessions(hub_actor* self, survey_sessions& q);

}  // namespace chat
