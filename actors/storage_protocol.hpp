#pragma once
// What is said to and by the storage actor, the only writer of the store. As in protocol.hpp, an
// arrow tells who sends it to whom.

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/failure.hpp"
#include "model/kept_answer.hpp"
#include "model/message.hpp"
#include "model/room.hpp"
#include "model/session.hpp"
#include "model/webhook.hpp"
#include "storage/erasure.hpp"
#include "storage/message_search.hpp"

namespace chat {

class lane;

/// One batch of a room, ascending. Answered by a receipt. A room has one on its way at a time.
struct append {
  caf::actor room;
  std::string room_id;
  std::shared_ptr<const std::vector<message_ptr>> messages;
};
/// A session as it is to be stored. Answered by a receipt.
struct save_session {
  caf::actor session;
  session_record record;
};
/// lane -> storage: what one loop's actors store; the receipts go out on that loop.
struct writes {
  std::vector<append> batches;
  std::vector<save_session> sessions;
  lane* home = nullptr;
};
/// storage -> room or session: it is committed, or why not.
struct receipt {
  std::optional<failure> why_not;
};

/// hub -> storage, answers stored_reply once committed.
struct store_room {
  room_definition definition;
  bool is_new = false;  ///< first everything goes that an earlier room of that id left
};
using stored_reply = result<bool>;
/// hub -> storage, answers stored_reply once committed: the room's definition goes, and then, in
/// steps, its messages. `floor`: as store::stage_no_room wants it.
struct remove_room {
  std::string room_id;
  sequence floor = 0;
};
/// memory -> storage, answers stored_reply once committed.
struct store_answer {
  kept_answer answer;
};
/// memory -> storage, answers answer_reply.
struct load_answer {
  std::string user_id;
  std::string key;
};
using answer_reply = result<std::optional<kept_answer>>;
/// memory -> storage, answers sweep_reply: as store::stage_no_answers.
struct sweep_answers {
  std::string from;
  std::int64_t kept_before_ms = 0;
};
using sweep_reply = result<swept_answers>;

/// hub -> storage: the session is forgotten.
struct remove_session {
  std::uint64_t number = 0;
};

/// webhooks -> storage, answers stored_reply once committed.
struct store_webhook {
  webhook_record record;
};
/// webhooks -> storage, answers stored_reply once committed: the webhook is forgotten.
struct remove_webhook {
  std::uint64_t number = 0;
};

/// room -> storage, answers page_reply: the newest messages after that one which fit the limits of
/// catching up.
struct load_missed {
  std::string room_id;
  sequence after = 0;
};
/// room -> storage, answers page_reply.
struct load_page {
  std::string room_id;
  sequence after = 0;
  std::size_t limit = 0;
};
/// room -> storage, answers tail_loaded.
struct load_tail {
  std::string room_id;
};
struct tail_loaded {
  result<history_page> tail;
  sequence floor = 0;    ///< store::floor()
  sequence removed = 0;  ///< store::removed_up_to()
};
/// room -> storage, answers page_reply: the newest messages below `before`.
struct load_back {
  std::string room_id;
  sequence before = 0;
  std::size_t limit = 0;
  bool is_position = false;  ///< see read_back
};
/// room -> storage, answers first_reply: the oldest sequence held.
struct load_first {
  std::string room_id;
};
using first_reply = result<sequence>;

/// room -> storage, answers a sequence: store::last_given_out.
struct load_last {
  std::string room_id;
};

/// hub -> storage -> search, answers search_reply.
struct search_messages {
  std::string user_id;             ///< whose search it is
  std::vector<std::string> rooms;  ///< each once
  bool of_one_room = false;        ///< that one must be readable
  search_query what;
};
using search_reply = result<search_page>;
/// search -> itself: the next slice.
struct search_on {};

/// storage -> itself: time to index some words.
struct words_due {};
/// storage -> itself.
struct commit_now {};
/// storage -> itself: the next messages of a room that is gone.
struct remove_more {
  std::string room_id;
  std::size_t step = 0;
};
/// storage -> itself: time to take what was deleted out of the files.
struct erase_due {};
/// storage -> eraser, answers stored_reply: whether it came to its end.
struct erase_files {
  std::shared_ptr<const std::vector<erasure>> what;
};

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::writes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::store_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::stored_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::remove_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::remove_more)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::erase_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::erase_files)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_last)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::remove_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::store_webhook)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::remove_webhook)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_missed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_tail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::tail_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_first)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::first_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::store_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::load_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::answer_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::sweep_answers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::sweep_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::search_messages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::search_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::search_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::words_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::commit_now)
