#pragma once
// The chat protocol's bytes (contract, section 4): what clients send, decoded; what they get,
// encoded as whole unmasked WebSocket text frames (RFC 6455, section 5.2).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/failure.hpp"
#include "model/message.hpp"

namespace chat {

/// One frame of a client.
struct client_event {
  enum class kind { message, typing, ping, reaction, auth, auth_headers };
  kind what = kind::ping;
  std::string text;        ///< message: 1..2000 UTF-16 units
  std::string client_id;   ///< clientMessageId, or empty
  std::string message_id;  ///< reaction
  std::string emoji;       ///< reaction
  std::string token;       ///< auth
};

/// What the `error` frame will say.
struct refused_event : failure {
  std::string client_id;  ///< clientMessageId, where the frame had one that can be read
};

/// Decodes and checks one frame.
tl::expected<client_event, refused_event> decode_client_event(std::string_view json);

enum class ws_opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one final, unmasked frame.
void append_ws_frame(std::string& out, ws_opcode opcode, std::string_view payload);

/// Appends a close frame; without a code, for 0, and with `text` of at most 123 bytes.
void append_ws_close(std::string& out, std::uint16_t code, std::string_view text);

/// The payload of the frame that `frames` begins with, which is one of ours: whole and unmasked.
/// Takes the frame off the front.
std::string_view take_ws_payload(std::string_view& frames);
/// The id in the payload of a `message`, `message_edited` or `message_deleted` frame: its place in
/// the room's order. Empty for every other frame.
std::string_view message_id_of(std::string_view payload);

/// Who is in the room, told to the one who joined.
struct welcome {
  std::string_view room_id;
  std::string_view session_id;
  const std::vector<std::string>& nicknames;  ///< at most welcome_nicknames_max of them
  std::size_t participants;                   ///< how many there really are
  sequence last_seq;                          ///< 0 in a room without messages
};

// Each appends one whole frame.
void append_welcome(std::string& out, const welcome& w);
/// What was said, or its change. Nothing for what there is nothing to tell of any more: a deleted
/// message, an edit that another change followed.
void append_message(std::string& out, const message& m);
/// As the sender gets it: with its clientMessageId, when it gave one.
void append_own_message(std::string& out, const message& m);
void append_user_joined(std::string& out, std::string_view nickname, std::int64_t timestamp_ms);
void append_user_left(std::string& out, std::string_view nickname, std::int64_t timestamp_ms);
void append_typing(std::string& out, std::string_view nickname);
void append_reaction(std::string& out, sequence seq, std::string_view emoji,
                     std::string_view nickname, std::int64_t timestamp_ms);
/// After a reconnect's missed messages; `last_seq` is 0 in a room without messages.
void append_caught_up(std::string& out, sequence last_seq);
/// Before them, when more was missed than is replayed: what lies after `since` and before `until`
/// is for chat-poll. `is_restored`: the room does not know the client's position, `since` is the
/// newest before it that it knows.
void append_history_gap(std::string& out, sequence since, sequence until, bool is_restored);
void append_token_refresh(std::string& out, std::string_view token, std::int64_t expires_ms);
void append_pong(std::string& out);
/// `client_id` names the message refused, when the client gave it an id.
void append_error(std::string& out, const failure& why, std::string_view client_id = {});

}  // namespace chat
