#pragma once
// What is said to and by the webhook actor. As in protocol.hpp, an arrow tells who sends it to
// whom.

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/webhook_sender.hpp"
#include "model/caller.hpp"
#include "model/failure.hpp"
#include "model/webhook.hpp"

namespace chat {

/// command -> webhooks, answers registered_reply once it is stored. VALIDATION_ERROR: the message
/// says what is wrong with the URL. The same user, room and URL again: the same webhook, with a new
/// secret and its whole time before it.
struct register_webhook {
  caller who;
  std::string room_id;
  std::string url;
  std::uint32_t events = 0;
  bool dry_run = false;  ///< checks all, registers nothing: the answer has no id and no secret
};
struct webhook_registered {
  std::string subscription_id;
  std::string secret;
  std::int64_t expires_ms = 0;
  bool is_renewed = false;
};
using registered_reply = result<webhook_registered>;

/// command -> webhooks, answers webhook_list: the user's own, and for a while those that ended.
struct list_webhooks {
  std::string user_id;
  std::string room_id;  ///< empty: of all rooms
};
struct webhook_list {
  std::vector<webhook_record> webhooks;  ///< in the order of their making
};

/// command -> webhooks, answers webhook_reply, the webhook as it was, once that is stored.
/// FORBIDDEN for one of another user, here and below.
struct delete_webhook {
  caller who;
  std::string subscription_id;
};
/// command -> webhooks, answers webhook_reply.
struct find_webhook {
  std::string user_id;
  std::string subscription_id;
};
using webhook_reply = result<webhook_record>;

/// command -> webhooks, answers replayed_reply: dead letters are tried once more, the oldest first.
struct replay_letters {
  std::string user_id;
  std::string subscription_id;
  std::string letter_id;  ///< empty: all
  bool dry_run = false;   ///< only counts them
};
struct letters_queued {
  std::size_t letters = 0;
};
using replayed_reply = result<letters_queued>;

/// webhook_sender -> webhooks: what came of a request, of a look-up.
struct webhook_sent {
  std::uint64_t number = 0;
  webhook_answer answer;
};
struct webhook_looked_up {
  std::uint64_t lookup = 0;
  std::optional<std::string> why_not;
};
/// webhooks -> itself: somebody's time has come.
struct webhooks_due {};

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::register_webhook)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::registered_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::list_webhooks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::webhook_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::delete_webhook)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::find_webhook)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::webhook_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::replay_letters)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::replayed_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::webhook_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::webhook_looked_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::webhooks_due)
