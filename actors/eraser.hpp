#pragma once
// Takes what was deleted out of the store's files, beside the storage actor, which nobody is to
// wait for meanwhile. Detached: one job is seconds of reading and writing.

#include <caf/event_based_actor.hpp>
#include <memory>

namespace chat {

class store;

/// Answers erase_files.
caf::behavior make_eraser(caf::event_based_actor* self, std::shared_ptr<const store> db);

}  // namespace chat
