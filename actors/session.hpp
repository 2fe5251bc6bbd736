#pragma once
// One user's stay in one room (contract, section 5): it checks what its connection may do, counts,
// and passes on to the room. The hub looks after its deadline, so it needs no timer of its own.
//
// It is stored when it begins, when a token is used (before the room hears of it, so that no token
// opens two connections, however often the node is killed), when its connection is lost and when it
// ends.

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/context.hpp"
#include "actors/protocol.hpp"

namespace chat {

struct session_data {
  static inline const char* name = "session";
  /// What follows a save: it was stored, or why not. Null: nobody waits.
  using after_save = std::function<void(const std::optional<failure>&)>;

  session_record record;
  const node_context* node = nullptr;
  caf::actor hub;
  caf::actor room;
  std::shared_ptr<session_gauge> gauge;
  std::shared_ptr<const room_gauge> room_numbers;

  outbox_ptr out;                        ///< the connection, while there is one
  outbox_ptr joining;                    ///< the one whose token is being redeemed …
  std::string joining_token;             ///< … the token's id …
  std::string joining_address;           ///< … and where it comes from
  std::string address;                   ///< of the connection, where somebody wants to know it …
  std::string opened_by;                 ///< … and its token's id, where somebody writes it down
  close_reason over_why = close::ended;  ///< what a connection is told that comes after the end
  bool lost_meanwhile = false;           ///< the older connection, while that one was joining
  std::string token_id;                  ///< of the token given out last; empty after a restart
  std::int64_t token_expires_ms = 0;
  std::int64_t began_ms = 0;  ///< this connection, node time
  sequence heard = 0;         ///< the room's newest when the client last did something
  std::uint64_t published_at_join = 0;
  token_bucket talk;               ///< what it may say
  token_bucket refusals;           ///< how often it may be told that this was too much
  std::vector<after_save> saving;  ///< one for each save under way, the oldest first
};

using session_actor = caf::stateful_actor<session_data>;

/// `record` is a new session's, still to be begun, or one that was stored.
caf::behavior make_session(session_actor* self, session_record record, const node_context* node,
                           caf::actor hub, caf::actor room, std::shared_ptr<session_gauge> gauge,
                           std::shared_ptr<const room_gauge> room_numbers);

}  // namespace chat
