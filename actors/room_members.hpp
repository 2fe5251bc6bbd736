#pragma once
// Who is in a room, and how a room speaks to them: what is told gathers as steps, loop by loop, and
// goes out with hand_over, once per loop and handler.

#include <string_view>

#include "actors/room.hpp"

namespace chat {

/// What the room has for one loop, and who of its members lives there.
room_state::share& share_of(room_state& st, lane& to);

/// One step for the connection it names.
void tell(room_state& st, step s);
/// One frame to all members, but for `except`.
void tell_all(room_state& st, const frame& bytes, const outbox_ptr& except = nullptr);
/// Who came and went, if that is still untold. Whatever is told to all calls it first, so that
/// everything has one order.
void tell_presence(room_state& st);
void give_receipt(room_state& st, const outbox_ptr& to, std::uint32_t posts = 1);
/// `client_id` names the message refused, when the client gave it an id.
void send_error(room_state& st, const outbox_ptr& to, const failure& why,
                std::string_view client_id = {});
/// Gives every loop what was told it.
void hand_over(room_state& st);

/// The others hear of both soon, behind what is queued already: when many come or go at once,
/// everybody is told once.
void on_join(room_actor* self, join& j);
void on_leave(room_actor* self, leave& l);

/// Looks at all members: a millisecond for 20,000.
member_list members_of(const room_state& st, const list_members& q);

}  // namespace chat
