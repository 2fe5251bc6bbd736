#pragma once
// One user's stay in one room (contract, section 5): it checks what its connection may do, counts,
// and passes on to the room. The hub looks after its deadline, so it needs no timer of its own.

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <memory>
#include <string>

#include "actors/context.hpp"
#include "actors/protocol.hpp"

namespace chat {

/// What a session is born with.
struct session_identity {
  std::string session_id;
  std::string room_id;
  std::string nickname;
  std::string token;  ///< single use
};

struct session_data {
  static inline const char* name = "session";

  session_identity who;
  const node_context* node = nullptr;
  caf::actor hub;
  caf::actor room;
  std::shared_ptr<session_gauge> gauge;
  std::shared_ptr<const room_gauge> room_numbers;

  outbox_ptr out;               ///< the connection, while there is one
  bool joining = false;         ///< a token is being redeemed
  bool redeemed = false;        ///< the token has been used
  std::int64_t opened_ms = 0;   ///< actors' clock
  std::int64_t created_ms = 0;  ///< wall clock, as are the next three
  std::int64_t connected_ms = 0;
  std::int64_t last_activity_ms = 0;
  std::int64_t closed_ms = 0;
  std::uint64_t received_before = 0;  ///< on earlier connections
  std::uint64_t published_at_join = 0;
};

using session_actor = caf::stateful_actor<session_data>;

caf::behavior make_session(session_actor* self, session_identity who, const node_context* node,
                           caf::actor hub, caf::actor room, std::shared_ptr<session_gauge> gauge,
                           std::shared_ptr<const room_gauge> room_numbers);

/// Milliseconds by the actors' clock, which tests turn by hand.
std::int64_t clock_ms(caf::local_actor& self);

}  // namespace chat
