#pragma once
// The tokens that commands ask a session for. For session.cpp only.

#include "actors/session.hpp"

namespace chat {

renew_reply on_renew(session_actor* self, const renew& r);
refresh_reply on_refresh(session_actor* self, const refresh_token& r);

}  // namespace chat
