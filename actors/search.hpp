#pragma once
// Searches the messages that are stored. Detached where the storage actor is: reading much of a
// large store takes long, and neither a commit nor a loop waits for it. Searches under way take
// turns of a slice each, so nobody waits for somebody else's to end.

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "actors/protocol.hpp"
#include "storage/message_search.hpp"

namespace chat {

class store;

struct search_state {
  static inline const char* name = "search";

  struct under_way {
    std::string user_id;
    bool of_one_room = false;
    std::unique_ptr<message_search> search;
    caf::response_promise answer;
    std::chrono::steady_clock::time_point until;
  };
  std::shared_ptr<const store> db;
  std::deque<under_way> searches;  ///< the next one first
};

using search_actor = caf::stateful_actor<search_state>;

/// Takes `search_messages`.
caf::behavior make_search(search_actor* self, std::shared_ptr<const store> db);

}  // namespace chat
