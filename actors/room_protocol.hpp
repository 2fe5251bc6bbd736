#pragma once
// What is said to and by a room. As in protocol.hpp, an arrow tells who sends it to whom.

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/gauges.hpp"
#include "actors/interest.hpp"
#include "actors/outbox.hpp"
#include "model/failure.hpp"
#include "model/message.hpp"
#include "model/room.hpp"
#include "model/session.hpp"
#include "model/wake_condition.hpp"

namespace chat {

/// session -> room, which answers with joined or join_refused as a message of its own.
struct join {
  std::string session_id;
  std::string nickname;
  outbox_ptr out;
  std::optional<sequence> since = {};  ///< replay what came after it
  outbox_ptr replaces = {};            ///< the session's older connection, which gives way
  std::string user_id = {};
  participant_kind kind = participant_kind::human;
};
struct joined {
  outbox_ptr out;
  std::uint64_t published = 0;         ///< messages before this member came …
  std::uint64_t replayed = 0;          ///< … of which it got so many
  sequence newest = 0;                 ///< the room's newest message then
  std::optional<sequence> since = {};  ///< of the join; or history_page::restart_at
};
struct join_refused {
  outbox_ptr out;
  close_reason why;
};

/// session -> room: the member goes; with a reason its connection is closed by the node.
struct leave {
  outbox_ptr out;
  std::optional<close_reason> why;
};

/// session -> room: a member's message. Exactly one receipt goes back to `from`.
struct room_post {
  std::shared_ptr<message> what;
  outbox_ptr from;
  std::shared_ptr<session_gauge> author;
};

/// command -> room, or command -> session -> room: a message without a socket. Answers
/// submit_reply once it is committed. `author` is null without a session.
struct submit {
  std::shared_ptr<message> what;
  std::shared_ptr<session_gauge> author;
  bool dry_run = false;  ///< checks only: the sequence is 0, or of the same message, stored before
};
struct submitted {
  sequence seq = 0;
  std::int64_t timestamp_ms = 0;
  std::string text_before = {};  ///< of a change: what its target said
  bool was_there = false;        ///< its clientMessageId was known: nothing was stored now
};
using submit_reply = result<submitted>;

/// command -> room, answers submit_reply once it is committed: an earlier message is edited or
/// deleted. MESSAGE_NOT_FOUND for one that is not there or deleted, FORBIDDEN for one of others.
struct change_message {
  std::shared_ptr<message> what;  ///< an edit or a deletion
  std::string user_id;            ///< whose the message has to be, unless …
  bool may_any = false;           ///< … every one may be changed
  bool dry_run = false;           ///< answers what would be answered, without a place in the order
};
/// session -> room: a frame for one member.
struct room_notice {
  outbox_ptr to;
  frame bytes;
};
/// session -> room. One receipt goes back to `from`.
struct room_typing {
  std::string nickname;
  outbox_ptr from;
};
/// session -> room. One receipt goes back to `from`.
struct room_reaction {
  std::string nickname;
  std::string message_id;
  std::string emoji;
  outbox_ptr from;
  std::string client_id = {};  ///< for the error, if there is one
};

/// command -> room, answers page_reply: the messages after that one; 0: from the oldest one held.
/// With `patience` an empty page waits so long for messages that wake; the answer may still come
/// earlier, as when the page is full.
struct read_history {
  sequence after = 0;
  std::size_t limit = 0;
  std::chrono::milliseconds patience{0};
  std::shared_ptr<const wake_condition> until = {};  ///< null: any message wakes
  interest_ptr reader = {};                          ///< who waits; see stop_waiting
};
/// anybody -> room: that reader waits no longer and is answered now.
struct stop_waiting {
  interest_ptr reader;
};
/// command -> room, answers page_reply: the newest messages before that one, ascending; `has_more`
/// tells of older ones. Without `before` the newest of all.
struct read_back {
  std::optional<sequence> before = {};
  std::size_t limit = 0;
  bool is_position = false;  ///< a client named `before`: where the room has none such it is told
};
/// Who is connected to a room.
struct room_member {
  std::string nickname;
  std::string user_id;
  participant_kind kind = participant_kind::human;
  std::int64_t since_ms = 0;  ///< by the wall clock
  std::uint64_t number = 0;  ///< of its connection in the room: 1, 2, 3 … while that is in memory
};
/// A place in the order of members: by time, then nickname, then number.
struct member_position {
  std::int64_t since_ms = 0;
  std::string nickname;
  std::uint64_t number = 0;
};
/// command -> room, answers member_list: those behind that place, at least one at a time.
struct list_members {
  std::optional<member_position> after = {};
  std::size_t limit = 0;
};
struct member_list {
  std::vector<room_member> members;
  std::size_t total = 0;  ///< on all pages
  bool has_more = false;
};
/// hub -> room: whoever waits is answered now.
struct end_waiting {};
/// room -> itself: the time of somebody who waits is up.
struct readers_late {};
using page_reply = result<history_page>;

/// hub -> room: from now on it is this.
struct room_changed {
  room_definition definition;
};
/// hub -> room, answers the last sequence it gave out, once that is committed: it takes no members
/// and no messages any more.
struct close_room {};
/// hub -> room: it is to go on, after all.
struct reopen_room {};

/// lane -> room: what has gathered may go (lane::pace).
struct turn_over {};

/// room -> itself: who came and went is to be told.
struct presence_due {};
/// actor -> itself.
struct tick {};

}  // namespace chat

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::close_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::reopen_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::join_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::leave)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_post)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::submit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::submit_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::change_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_notice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_typing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_reaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::read_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::page_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::stop_waiting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::read_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::list_members)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::member_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::end_waiting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::readers_late)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::turn_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::presence_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::tick)
