#pragma once
// What the storage actor does behind a deletion: the messages of a room that is gone are removed a
// step at a time, and what was deleted is taken out of the files, some time later and all at once.
// For storage.cpp.

#include <caf/fwd.hpp>

#include "actors/storage.hpp"

namespace chat {

/// Goes on with what is committed and not done: after a start and behind every commit.
void look_after_deleted(storage_actor* self);
/// The next step of a removal.
void on_remove_more(storage_actor* self, const remove_more& r);
/// Time to write the files anew.
void on_erase_due(storage_actor* self);

/// Defines a room. One that is new waits until nothing is left of an earlier one of its id.
caf::result<stored_reply> on_store_room(storage_actor* self, store_room& s);

}  // namespace chat
