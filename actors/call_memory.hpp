#pragma once
// What became of the writes that clients gave an id (idempotencyKey), so that a call sent twice is
// run once. Answers lie in the store for a day; here is what is under way, and how many are kept.
// Nothing here has a deadline: the store answers, and a key whose call or answer is with the store
// stays under way until it has. Callers have deadlines of their own.
//
// A node that is killed between doing something and keeping the answer runs the retry: a message is
// found by its id all the same (known_posts), other commands say what they find.

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/failure.hpp"
#include "model/kept_answer.hpp"

namespace chat {

/// command -> memory, answers recall_reply: may this call run? DUPLICATE_CONFLICT when its key was
/// used for another one, OVERLOADED while the first one is under way or too many are kept.
struct recall {
  std::string user_id;
  std::string key;
  std::string fingerprint;
  bool dry_run = false;  ///< only whether it might: it needs no end
};
struct recalled {
  std::optional<std::string> json;  ///< the first answer; nothing: it runs, and ends with …
};
using recall_reply = result<recalled>;
/// … command -> memory, answers stored_reply once it is kept.
struct remember {
  kept_answer answer;
};
/// … or command -> memory: it did nothing, and may be sent again.
struct forget_call {
  std::string user_id;
  std::string key;
};

struct call_memory_state {
  static inline const char* name = "call_memory";

  struct call {
    std::string user_id;
    std::string fingerprint;
  };
  caf::actor storage;
  std::unordered_map<std::string, call> under_way;    ///< by user and key
  std::unordered_map<std::string, std::size_t> kept;  ///< by user, with those under way
  std::size_t kept_in_all = 0;
  std::unordered_map<std::string, std::size_t> counted;  ///< in the sweep at hand
};

using call_memory_actor = caf::stateful_actor<call_memory_state>;

/// Every `recall` that may run, and is no dry run, must end with `remember` or `forget_call`.
caf::behavior make_call_memory(call_memory_actor* self, caf::actor storage);

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::recall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::recall_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::remember)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::forget_call)
