#pragma once
// The webhooks of a node: who registered which, and how far each is. One actor has all of them; it
// reads rooms as any reader does, and hands what it read to the network (webhook_sender). So a slow
// target, or none, costs a room nothing.
//
// A webhook goes round: it waits for messages, gets one of the places, reads a batch, stores which
// one it is, sends it, and stores what came of that. A batch that was not taken is sent again later
// and later (limits.hpp), then becomes a dead letter, and what follows has its turn. Whatever the
// node dies of, a batch is sent again with the same ID or is known to have been taken.
//
// What a command changes is stored first and takes effect then: nobody is told, and nothing is
// signed, by what a restart would not find. Until the store has answered nobody else may change it.
//
// Here: what commands want. The way of a batch: webhook_delivery.cpp.

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/context.hpp"
#include "actors/protocol.hpp"
#include "actors/webhook_protocol.hpp"

namespace chat {

struct webhooks_state {
  static inline const char* name = "webhooks";

  /// What is being sent: the next batch, or a dead letter once more.
  struct batch {
    sequence first = 0;
    sequence last = 0;
    std::uint32_t messages = 0;
    bool is_letter = false;
  };
  struct entry {
    webhook_record record;
    enum class stage {
      registering,  ///< to be stored for the first time
      waiting,      ///< for messages
      queued,       ///< for a place
      under_way,    ///< has one
      paused,       ///< until its time has come
      over,         ///< for good
      deleting,     ///< until that is stored
    } is = stage::registering;
    std::uint64_t turn = 0;    ///< an answer to what was asked in an older one comes too late
    bool is_sent = false;      ///< under way, and with the network
    bool is_changing = false;  ///< by a command, and that is with the store
    std::uint64_t stores = 0;  ///< how often it was handed to the store
    batch sending = {};
  };
  /// A registration whose URL is being looked at.
  struct lookup {
    register_webhook what;
    caf::response_promise answer;
    std::int64_t began_ms = 0;
    sequence newest = 0;  ///< of the room: what comes after it is delivered
  };

  const node_context* node = nullptr;
  caf::actor hub;
  caf::actor storage;
  webhook_sender* sender = nullptr;
  std::function<double()> dice;        ///< 0 to 1: retries of many targets are not to come at once
  std::map<std::uint64_t, entry> all;  ///< by number
  std::uint64_t made = 0;              ///< the number of the newest
  std::map<std::uint64_t, lookup> lookups;
  std::uint64_t lookups_made = 0;
  std::deque<std::uint64_t> ready;  ///< queued, the oldest first
  /// Who has a place, and for whom.
  std::unordered_map<std::uint64_t, std::string> places;
  std::unordered_map<std::string, std::size_t> places_of;
  /// Who is paused until when, by node time; some are so no more.
  std::multimap<std::int64_t, std::pair<std::uint64_t, std::uint64_t>> due;
  std::optional<std::int64_t> timer;
};

using webhooks_actor = caf::stateful_actor<webhooks_state>;

/// `stored` is what the store holds. `sender` outlives the actor.
caf::behavior make_webhooks(webhooks_actor* self, const node_context* node, caf::actor hub,
                            caf::actor storage, webhook_sender* sender,
                            std::vector<webhook_record> stored, std::function<double()> dice);

}  // namespace chat
