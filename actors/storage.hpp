#pragma once
// The only writer of the store. Detached: it has a thread of its own, so that no loop ever waits
// for the disk.
//
// Operation: appends gather in the store's batch; one commit writes them all, behind what is queued
// already. Loops pace what they send (lane::pace), and the receipts of a commit go to each loop in
// one piece: a thread woken for every room would cost more than the commit.
// Failure: a batch that cannot be written is refused whole; from then on every append is refused
// at once, until a test write, tried once a second, works again.
// In between it indexes words for search, a stretch at a time, for a tenth of its time at most.

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <memory>
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
  bool commit_due = false;
  bool indexing = false;  ///< words_due is on its way
  bool failing = false;
};

using storage_actor = caf::stateful_actor<storage_state>;

caf::behavior make_storage(storage_actor* self, std::shared_ptr<store> db,
                           const node_context* node);

}  // namespace chat
