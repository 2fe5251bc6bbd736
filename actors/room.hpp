#pragma once
// A conversation. It alone gives out its sequence numbers and it alone speaks to its members'
// outboxes, so joins, leaves and messages have one order and everybody sees it.
//
// The way of a post: it gets the next sequence and gathers until its loop says that the turn is
// over; one batch of the room at a time is with the storage actor; when the receipt comes the batch
// is encoded once and handed to each loop once.

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "actors/context.hpp"
#include "actors/known_posts.hpp"
#include "actors/protocol.hpp"
#include "actors/room_tail.hpp"
#include "actors/room_waiting.hpp"

namespace chat {

/// A room's data. Thread: whichever runs the actor.
struct room_state {
  static inline const char* name = "room";

  /// A post between its sequence number and its receipt.
  struct pending {
    std::shared_ptr<message> what;
    outbox_ptr from;               ///< or …
    caf::response_promise answer;  ///< … whoever submitted it
    std::shared_ptr<session_gauge> author;
    std::uint32_t copies = 0;      ///< retries that arrived while it was under way
    std::string text_before = {};  ///< of a change: what its target said
  };
  /// The members on one loop, and what that loop is to do next.
  struct share {
    lane* to = nullptr;
    std::shared_ptr<roster> members;
    std::size_t count = 0;
    std::vector<step> steps;
  };
  /// Who came and went, not yet told: one block for all of them.
  struct presence {
    std::string block;
    /// Members that came meanwhile, and what of the block lies behind their welcome.
    std::vector<std::pair<outbox_ptr, std::uint32_t>> newcomers;
    bool is_due = false;  ///< a presence_due is on its way
  };
  room_definition definition;
  const node_context* node = nullptr;
  caf::actor storage;
  std::shared_ptr<room_gauge> gauge;

  std::unordered_map<outbox*, room_member> members;  ///< by connection
  std::uint64_t members_made = 0;                    ///< the number of the newest
  std::vector<share> shares;
  presence untold;

  sequence next_seq = 1;
  sequence committed_seq = 0;
  std::vector<pending> gathering;  ///< has sequence numbers, not yet with the storage actor
  std::vector<pending> in_flight;  ///< with the storage actor

  room_tail tail;
  parked_readers waiting;
  known_posts known;
  std::unordered_set<sequence> changing;  ///< messages of which a change is under way
  /// What follows if the room ends before the storage has answered, by question (room_asks.hpp).
  std::map<std::uint64_t, std::function<void(const failure&)>> asks;
  std::uint64_t asks_made = 0;

  std::optional<caf::response_promise> closing;  ///< it is being deleted: who waits for the end
  bool unreadable = false;  ///< its newest messages could not be read; it tries again
  bool paced = false;       ///< the loop will say when what gathers may go
  bool touched = false;     ///< since the last look at idleness
};

using room_actor = caf::stateful_actor<room_state>;

/// What keeps a message from a place in the room's order, or nothing.
std::optional<failure> why_no_place(const room_state& st, const message& m);
/// Gives a post, or a change of a message, its place in the order, and sends it on its way; or
/// refuses it. Exactly one receipt or answer comes of it.
void accept_post(room_actor* self, room_state::pending p);

/// Starts by loading its tail; until then every message waits.
caf::behavior make_room(room_actor* self, room_definition definition, const node_context* node,
                        caf::actor storage, std::shared_ptr<room_gauge> gauge);

}  // namespace chat
