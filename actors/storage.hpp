#pragma once
// The only writer of the store. Detached: it has a thread of its own, so that no loop ever waits
// for the disk.
//
// Operation: appends gather in the store's batch; one commit writes them all, behind what is queued
// already. Loops pace what they send (lane::pace), and the receipts of a commit go to each loop in
// one piece: a thread woken for every room would cost more than the commit.
// Failure: a batch that cannot be written is refused whole; from then on every append is refused
// at once, until a test write, tried once a second, works again.
// In between it indexes words for search, a stretch at a time, for a tenth of its time at most; and
// it sees to it that what was deleted leaves the store's files (storage_removal.hpp).

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/context.hpp"
#include "actors/protocol.hpp"

namespace chat {

class store;

struct storage_state {
  static inline const char* name = "storage";

  std::shared_ptr<store> db;
  const node_context* node = nullptr;
  std::vector<writes> taken;  ///< in the batch, to be answered
  std::size_t messages_taken = 0;
  std::vector<caf::response_promise> askers;
  std::chrono::steady_clock::time_point first_taken = {};  ///< of the batch
  caf::actor search;                                       ///< reads the store beside it
  caf::actor eraser;                                       ///< null until there is work for it
  /// Rooms whose messages are being removed, and who waits to define them anew.
  struct removal {
    std::vector<std::pair<room_definition, caf::response_promise>> wait;
  };
  std::map<std::string, removal> removals;
  std::set<std::string> unremovable;  ///< since the start: the store is damaged there
  bool erase_is_planned = false;      ///< erase_due is on its way
  bool erasing = false;               ///< erase_files is not answered
  bool commit_due = false;
  bool indexing = false;  ///< words_due is on its way
  bool failing = false;
};

using storage_actor = caf::stateful_actor<storage_state>;

/// Writes what is in the batch, and answers who waits for it.
void commit(storage_actor* self);
/// Commits behind everything that is queued already; for what somebody waits for.
void schedule_commit(storage_actor* self);
/// How long work in the background pauses after it took so long: it has a small share of the time.
std::chrono::microseconds pause_after(std::chrono::steady_clock::duration took);
/// What `stage` adds to the batch is answered once it is committed.
template <class Stage>
void store_for(storage_actor* self, caf::response_promise answer, Stage stage);

caf::behavior make_storage(storage_actor* self, std::shared_ptr<store> db,
                           const node_context* node);

/// "The room could not be stored".
failure cannot_store();

template <class Stage>
void store_for(storage_actor* self, caf::response_promise answer, Stage stage) {
  auto& st = self->state;
  if (st.failing) return answer.deliver(stored_reply(tl::unexpected(cannot_store())));
  stage(*st.db);
  st.askers.push_back(std::move(answer));
  schedule_commit(self);
}

}  // namespace chat
