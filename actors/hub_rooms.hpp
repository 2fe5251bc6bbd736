#pragma once
// The rooms in the directory. For hub.cpp and hub_sessions.cpp only.

#include "actors/hub.hpp"

namespace chat {

/// The room of that id, with its actor; null where there is none.
hub_state::room_entry* room_entry_of(hub_actor* self, const std::string& id);
/// The same; null also while it is being deleted.
hub_state::room_entry* find_open_room(hub_actor* self, const std::string& id);
/// The same, for somebody: a room they may not see is as good as none.
hub_state::room_entry* find_room_for(hub_actor* self, const std::string& id, const caller& who);
/// Why there is none for them: ROOM_NOT_FOUND; OVERLOADED while it is being deleted, which may
/// fail.
tl::unexpected<failure> no_room_for(hub_actor* self, const std::string& id, const caller& who);
/// ROOM_NOT_FOUND.
tl::unexpected<failure> no_room(const std::string& id);

/// Into the directory; it has no actor until somebody asks for it.
void add_room(hub_state& st, room_definition definition);

room_reply on_find_room(hub_actor* self, const find_room& q);
caf::result<room_list> on_list_rooms(hub_actor* self, list_rooms& q);
caf::result<search_reply> on_search_rooms(hub_actor* self, search_rooms& q);
caf::result<room_reply> on_create_room(hub_actor* self, create_room& c);
caf::result<update_reply> on_update_room(hub_actor* self, update_room& u);
caf::result<room_reply> on_delete_room(hub_actor* self, const delete_room& d);

}  // namespace chat
