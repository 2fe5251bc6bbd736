#pragma once
// The directory of rooms and sessions: who exists, by which name. It makes both, and it looks once
// a second after the sessions' deadlines, so that no session needs a timer.

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/context.hpp"
#include "actors/protocol.hpp"

namespace chat {

struct hub_state {
  static inline const char* name = "hub";

  struct room_entry {
    room_definition definition;
    std::shared_ptr<room_gauge> gauge;
    caf::actor actor = {};  ///< made when somebody first asks for the room
    enum class condition { open, changing, closing } is = condition::open;
    std::string searched_text = {};  ///< its id and name, as a search for rooms compares them
  };
  struct session_entry {
    std::uint64_t number = 0;
    std::string user_id;
    std::string room_id;
    caf::actor actor;  ///< null until somebody asks for one that was stored
    std::shared_ptr<session_gauge> gauge;
    std::unique_ptr<session_record> stored;  ///< what its actor will be made of
    scope may = scope::write;                ///< its user, when it was opened
    std::string nickname;
  };

  const node_context* node = nullptr;
  caf::actor storage;
  std::map<std::string, room_entry> rooms;
  std::unordered_set<std::string> rooms_in_making;
  std::unordered_map<std::string, session_entry> sessions;
  /// The same in the order of their making, by number.
  std::map<std::uint64_t, const std::pair<const std::string, session_entry>*> by_number;
  /// Sessions that nobody had connected when somebody last looked, by user.
  std::unordered_map<std::string, std::vector<std::shared_ptr<const session_gauge>>> pending;
  std::deque<std::string> over;     ///< ended sessions, the oldest first
  std::uint64_t sessions_made = 0;  ///< the number of the newest
  sequence floor = 0;               ///< as the store keeps it
  bool draining = false;
  bool ticking = false;
};

using hub_actor = caf::stateful_actor<hub_state>;

/// What the store holds when the node starts.
struct stored_state {
  std::vector<room_definition> rooms;
  std::vector<session_record> sessions;
  sequence floor = 0;
};

caf::behavior make_hub(hub_actor* self, const node_context* node, caf::actor storage,
                       stored_state stored);

}  // namespace chat
