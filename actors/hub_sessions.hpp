#pragma once
// The sessions in the directory. For hub.cpp and hub_rooms.cpp only.

#include <functional>

#include "actors/hub.hpp"

namespace chat {

/// What the store has of sessions, as the node finds it when it starts. Their windows begin anew:
/// that the node was away is not their fault.
void take_over(hub_actor* self, std::vector<session_record> records);

caf::result<open_reply> on_open(hub_actor* self, const open_session& q);
session_reply on_find_session(hub_actor* self, const find_session& q);
void on_present(hub_actor* self, present_token& p);
void on_over(hub_actor* self, const session_over& over);
caf::result<revoke_reply> on_revoke(hub_actor* self, const revoke& r);

/// The session's user is still known, may write, and may be in this room.
bool may_stay(const hub_state& st, const hub_state::session_entry& s);
/// Ends the sessions that may not stay.
void end_unwanted(hub_actor* self);

/// Tells sessions whose deadline has passed, and drops those that ended long ago.
void sweep(hub_actor* self);

/// Ends those that are not over, closing their sockets with `why`. `then` runs with their number
/// once that is stored, or with why it is not: they are over all the same, but a restart may find
/// them alive.
void end_sessions(hub_actor* self, const close_reason& why,
                  const std::function<bool(const std::string& session_id,
                                           const hub_state::session_entry&)>& which,
                  std::function<void(const revoke_reply&)> then);

}  // namespace chat
