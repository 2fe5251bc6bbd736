#pragma once
// A webhook: somebody's wish to have what is said in a room posted to a URL, and how far that is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/caller.hpp"
#include "model/message.hpp"

namespace chat {

/// What of a room's life a webhook hears of. Stored as the bit of that number.
enum class webhook_event : std::uint8_t { message };
inline constexpr std::string_view webhook_event_names[] = {"message"};
inline std::uint32_t bit_of(webhook_event e) { return 1U << static_cast<unsigned>(e); }

/// Messages of one room that were given up: nobody took them for as long as it is tried. The
/// messages themselves stay in the room.
struct dead_letter {
  sequence first = 0;
  sequence last = 0;
  std::uint32_t messages = 0;  ///< so many of them lie between the two, which are among them
  std::uint32_t attempts = 0;
  std::int64_t failed_ms = 0;  ///< the last attempt
  std::string error;
  bool replays = false;  ///< is to be tried once more
};

/// What is known of a webhook. Times are node times (actors/context.hpp) in milliseconds, 0 for
/// what did not happen.
struct webhook_record {
  std::uint64_t number = 0;  ///< the store's name for it: 1, 2, 3 … in the order of their making
  std::string subscription_id;
  std::string room_id;
  std::string user_id;
  scope may = scope::write;  ///< the user, at registration
  std::string url;
  std::string secret;
  std::uint32_t events = 0;  ///< bits
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;

  sequence done = 0;  ///< up to here everything was delivered, or is a dead letter
  /// The batch that comes next: set before it is first sent, so that whatever happens meanwhile it
  /// stays the same batch, with the same ID. 0: nothing was sent of what lies behind `done`.
  sequence batch_first = 0;
  sequence batch_last = 0;
  std::uint32_t attempts = 0;         ///< of that batch, all failed
  std::int64_t failing_since_ms = 0;  ///< the first of them
  std::int64_t next_attempt_ms = 0;

  sequence delivered = 0;   ///< newest message that was taken
  std::string delivery_id;  ///< and in which delivery
  std::int64_t delivered_ms = 0;
  std::string error;  ///< of the last attempt, empty when it was taken

  std::int64_t ended_ms = 0;  ///< not 0: nothing is delivered any more
  std::string ended_because;
  std::vector<dead_letter> dead;  ///< the oldest first
};

/// `hook-…:first-last`, the numbers of the first and the last message: the same for every attempt,
/// on every day.
inline std::string delivery_id_of(const webhook_record& hook, sequence first, sequence last) {
  return hook.subscription_id + ':' + std::to_string(first) + '-' + std::to_string(last);
}

}  // namespace chat
