#pragma once
// What actors and connections say to each other, one struct a message: to the hub and to sessions
// here, to rooms in room_protocol.hpp, to the storage in storage_protocol.hpp.
// An arrow tells who sends it to whom; "answers" names what comes back.

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/gauges.hpp"
#include "actors/outbox.hpp"
#include "actors/room_protocol.hpp"
#include "actors/storage_protocol.hpp"
#include "model/caller.hpp"
#include "model/failure.hpp"
#include "model/handoff_token.hpp"
#include "model/message.hpp"
#include "model/room.hpp"
#include "model/session.hpp"

namespace chat {

// --- hub: the directory of rooms and sessions --------------------------------------------------

/// command -> hub, answers room_reply. ROOM_NOT_FOUND also for one that `who` may not see.
struct find_room {
  std::string room_id;
  caller who;
};
struct room_found {
  caf::actor room;
  room_definition definition;
  std::uint32_t participants = 0;
};
using room_reply = result<room_found>;

/// command -> hub, answers room_list: by id, after `cursor`, those that `who` may see and whose id
/// or name hold `search`.
struct list_rooms {
  caller who;
  std::string search;
  std::string cursor;
  std::size_t limit = 0;
};
struct room_list {
  struct entry {
    room_definition definition;
    std::uint32_t participants = 0;
  };
  std::vector<entry> rooms;
  std::size_t total = 0;    ///< matching, on all pages
  std::string next_cursor;  ///< empty on the last page
};

/// command -> hub, answers search_reply: the messages of the rooms that `who` may see.
struct search_rooms {
  std::string room_id;  ///< only that one, or ROOM_NOT_FOUND; empty: all
  caller who;
  search_query what;
};

/// command -> hub, answers room_reply once the definition is committed.
struct create_room {
  room_definition definition;
  bool dry_run = false;  ///< checks only, as in the messages below
};

/// What is to be different about a room.
struct room_changes {
  std::optional<std::string> name = {};
  std::optional<std::string> description = {};
  std::optional<std::uint32_t> participants_max = {};
  std::optional<bool> is_private = {};
  std::optional<std::vector<std::string>> members = {};
};
/// command -> hub, answers update_reply once it is committed, and whoever may not be in the room
/// any more is out of it.
struct update_room {
  std::string room_id;
  room_changes changes;
  bool dry_run = false;
};
struct room_updated {
  room_found now;
  room_definition before;
};
using update_reply = result<room_updated>;
/// command -> hub, answers room_reply, the room as it was, once it is committed and nobody is left
/// in the room.
struct delete_room {
  std::string room_id;
  bool dry_run = false;
};

/// command -> hub, answers open_reply: a new pending session, stored.
struct open_session {
  std::string room_id;
  caller who;
  std::string nickname;
  session_transport transport = session_transport::websocket;
  participant_kind kind = participant_kind::human;
  bool dry_run = false;  ///< answers a session without ID and token
};
struct session_opened {
  std::string session_id;
  std::string token;
  std::int64_t expires_ms = 0;
  room_definition room;
};
using open_reply = result<session_opened>;

/// command -> hub, answers session_reply. FORBIDDEN for a session of another user.
struct find_session {
  std::string session_id;
  std::string user_id;
};
struct session_found {
  caf::actor session;
  std::string room_id;
};
using session_reply = result<session_found>;

/// connection -> hub: somebody presents a token for a room. The outcome is a step on the outbox:
/// attach, or close with the reason.
struct present_token {
  std::string token;
  std::string room_id;
  outbox_ptr out;
  std::string address = {};
  session_transport transport = session_transport::websocket;  ///< what `out` speaks
  /// What the client says it has, whatever the token says. Refused where no room gave it out.
  std::optional<sequence> since = {};
};

/// command -> hub, app -> hub, answers revoke_reply: sessions are ended, and it is stored. One
/// session, or all of a user.
struct revoke {
  std::string session_id;  ///< empty: …
  std::string user_id;     ///< … those of this user
  caller by;
  bool dry_run = false;  ///< only counts them
};
struct revoked {
  std::size_t sessions = 0;
};
using revoke_reply = result<revoked>;

/// app -> hub: some users may do less than before, or are none any more.
struct standing_changed {};

/// session -> hub: it is over; keep it for chat-status a while, then forget it.
struct session_over {
  std::string session_id;
};

/// command -> hub, answers hub_status.
struct get_hub_status {};
struct hub_status {
  std::size_t rooms = 0;
  std::size_t rooms_active = 0;  ///< with an actor of their own
  std::size_t sessions[5] = {};  ///< by session_state
};

/// app -> hub: the node is stopping, no new sessions.
struct drain {};

// --- session: one user's stay in one room ------------------------------------------------------

/// hub -> session, on behalf of a command, answers open_reply: the first thing it hears.
struct begin_session {
  room_definition room;
  std::string address;  ///< of the caller, as in the messages below
};
/// hub -> session: a token of it was presented; the signature is good.
struct redeem {
  handoff_claims token;
  present_token by;  ///< what else came with it
};

/// connection -> session: a message. The session fills in sender and author.
struct post {
  std::shared_ptr<message> what;
  outbox_ptr from;
};
/// connection -> session.
struct typing {
  outbox_ptr from;
  std::string client_id = {};  ///< for the error, if there is one
};
/// connection -> session.
struct react {
  std::string message_id;
  std::string emoji;
  outbox_ptr from;
  std::string client_id = {};  ///< for the error, if there is one
};
/// connection -> session: the client is alive (application ping).
struct touch {};
/// connection -> session: the socket is gone.
struct connection_lost {
  outbox_ptr from;
  ended_by why = ended_by::client;
  sequence delivered = 0;  ///< the newest message it wrote to the socket
};

/// command -> session, answers session_record: how it is now.
struct get_session_status {};

/// command -> session, answers renew_reply: a token for another connection of it (chat-reconnect).
struct renew {
  std::optional<sequence> since;  ///< what the client has; nothing: what it was given last
  std::string address = {};
  bool dry_run = false;  ///< answers no token, here and below
};
struct renewed {
  std::string token;
  std::int64_t expires_ms = 0;
  std::optional<sequence> since;  ///< its connection gets what came after it; nothing: is the first
  session_transport transport = session_transport::websocket;
  int reconnects_left = limits::reconnects_max;  ///< after this one
};
using renew_reply = result<renewed>;

/// command -> session, answers refresh_reply: a token in place of its current one.
struct refresh_token {
  handoff_claims current;
  std::string address = {};
  bool dry_run = false;
};
struct token_refreshed {
  std::string token;
  std::int64_t expires_ms = 0;
};
using refresh_reply = result<token_refreshed>;

/// command -> session, answers end_reply.
struct end_session {
  bool dry_run = false;             ///< checks only
  close_reason why = close::ended;  ///< what its connection is told
};
struct session_ended {
  std::string session_id;
  std::int64_t closed_ms = 0;
  std::int64_t duration_s = 0;
  std::uint64_t sent = 0;
};
using end_reply = result<session_ended>;

/// hub -> session: its deadline has passed.
struct deadline_passed {};

}  // namespace chat

// In-process messages are never serialized; CAF only wants to be told so.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::find_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::list_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::room_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::search_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::create_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::update_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::update_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::delete_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::revoke)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::standing_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::revoke_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::open_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::open_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::find_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::session_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::present_token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::begin_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::redeem)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::session_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::get_hub_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::hub_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::post)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::typing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::react)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::touch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::connection_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::get_session_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::session_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::renew)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::renew_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::refresh_token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::refresh_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::end_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::end_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(chat::deadline_passed)
