#pragma once
// How messages and rooms become keys and values of the store, and back.
//
// Every number is big-endian; in keys, so that byte order is numeric order.
//
//   message-key   = "m" room-id 0x00 seq:u64              of the value's last message
//   room-key      = "r" room-id
//   session-key   = "S" number:u64                        so that new ones lie behind the others
//   answer-key    = "I" user-id key       user-id with its size, as in values
//   words-key     = "w" room-id 0x00 seq:u64              of the stretch's last message
//   webhook-key   = "W" number:u64
//   erasure-key   = "e" room-id           what is to leave the store's files (erasures.hpp)
//   schema-key    = "schema"
//   floor-key     = "floor"               where rooms or messages were removed: they had ids up to
//                                         its value
//   numbers-key   = "numbers"             ids and session numbers up to its value may have been
//                                         given out (number_reserve.hpp)
//
//   message-value = 0x03 (behind:varint change message)+  ascending; some of them changed, or are
//                                                         changes
//                 | 0x02 (behind:varint message)+         the same, of messages as they were said
//                 | 0x01 message                          as schema 1 had it
//   behind        = the key's sequence less the message's: 0 for the last one, and only for it
//   change        = 0x00 | 0x01 changed_by:u64 changed_ms:u64 | 0x02 target:u64 | 0x03 target:u64
//                                         none, one that was changed, an edit, a deletion
//   message       = timestamp_ms:u64 sender author client_id text
//   room-value    = 0x02 participants_max:u32 created_ms:u64 is_private:u8 name
//   description
//                   count:varint member*
//                 | 0x01 participants_max:u32 created_ms:u64 name description
//   session-value = 0x02 transport:u8 kind:u8 may:u8 session
//                 | 0x01 session                          of a human's WebSocket, who may write
//   session       = state:u8 end:u8 reconnects:u32 delivered:u64 created_ms:u64
//                   connected_ms:u64 last_activity_ms:u64 ended_ms:u64 sent:u64 received:u64
//                   session_id room_id user_id nickname (token_id expires_s:u64)*
//   answer-value  = 0x01 kept_ms:u64 fingerprint json
//   words-value   = 0x02 version:u32 first:u64 oldest_ms:u64 filter
//                                         (words_version in words.hpp, word_filter.hpp)
//                 | 0x01 first:u64 oldest_ms:u64 filter   of rules that are not used any more
//   index-key     = "index"               value: version:u32, which all stretches have
//   webhook-value = webhook_codec.cpp
//   erasure-value = 0x01 first:u64 last:u64 whole:u8      0: entries, 1: a room that is gone,
//                                                         2: one that has messages yet
//   schema-value  = decimal version
//   floor-value   = seq:u64               numbers-value likewise
//   sender, author, … token_id = size:varint byte*
//   varint        = seven bits a byte, lowest first; the top bit says that more follow; below 2^32,
//                   in the fewest bytes
//
// The first byte of a value is its format: a new layout gets a new number, so that a store may
// hold both. Room ids hold no 0x00, hence no room's range of keys reaches into another's.
//
// What a room commits at once shares a value: most of what RocksDB costs, it costs for each key.
// The key is the last message's, so that one seek finds whatever holds the first one above `seq`.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "model/kept_answer.hpp"
#include "model/message.hpp"
#include "model/room.hpp"
#include "model/session.hpp"
#include "model/webhook.hpp"
#include "storage/erasure.hpp"
#include "storage/fields.hpp"

namespace chat::codec {

inline constexpr std::string_view schema_key = "schema";
inline constexpr std::string_view floor_key = "floor";
inline constexpr std::string_view numbers_key = "numbers";
inline constexpr std::string_view index_key = "index";
/// All room keys lie in [rooms_begin, rooms_end).
inline constexpr std::string_view rooms_begin = "r";
inline constexpr std::string_view rooms_end = "s";
/// All session keys lie in [sessions_begin, sessions_end).
inline constexpr std::string_view sessions_begin = "S";
inline constexpr std::string_view sessions_end = "T";
/// All answer keys lie in [answers_begin, answers_end).
inline constexpr std::string_view answers_begin = "I";
inline constexpr std::string_view answers_end = "J";
/// All webhook keys lie in [webhooks_begin, webhooks_end).
inline constexpr std::string_view webhooks_begin = "W";
inline constexpr std::string_view webhooks_end = "X";
/// All erasure keys lie in [erasures_begin, erasures_end).
inline constexpr std::string_view erasures_begin = "e";
inline constexpr std::string_view erasures_end = "f";
/// All words keys lie from here on to the end of the store.
inline constexpr std::string_view words_begin = "w";

/// Overwrites `out`, so that a caller can keep its memory.
void encode_message_key(std::string& out, std::string_view room_id, sequence seq);
void encode_room_key(std::string& out, std::string_view room_id);
void encode_session_key(std::string& out, std::uint64_t number);
std::string encode_answer_key(std::string_view user_id, std::string_view key);
void encode_words_key(std::string& out, std::string_view room_id, sequence last);
void encode_webhook_key(std::string& out, std::uint64_t number);
void encode_erasure_key(std::string& out, std::string_view room_id);
/// The key above every message of the room.
std::string messages_end(std::string_view room_id);
/// The same of its words.
std::string words_end(std::string_view room_id);

/// The sequence in a message key of this room; 0, which no message has, for any other bytes.
sequence sequence_of_key(std::string_view key, std::string_view room_id);
bool is_message_key(std::string_view key);
bool is_session_key(std::string_view key);
bool is_words_key(std::string_view key);
/// The last sequence in a words key of this room; 0, which no message has, for any other bytes.
sequence sequence_of_words_key(std::string_view key, std::string_view room_id);
/// Of a message key or words key.
std::string_view room_of_key(std::string_view key);
/// The number in a session key; 0, which no session has, for any other bytes.
std::uint64_t number_of_key(std::string_view key);
bool is_webhook_key(std::string_view key);
/// The same for a webhook key.
std::uint64_t number_of_webhook_key(std::string_view key);

/// Overwrites `out` with messages of one room, ascending, at least one. The room's id and the last
/// sequence are in the key.
void encode(std::string& out, std::span<const message_ptr> messages);
/// Overwrites `out`. The id is in the key.
void encode(std::string& out, const room_definition& room);
void encode(std::string& out, const session_record& session);
void encode(std::string& out, const kept_answer& answer);
void encode(std::string& out, const webhook_record& hook);
/// Overwrites `out`. The room's id is in the key.
void encode(std::string& out, const erasure& e);
std::string encode_floor(sequence floor);
std::string encode_index_version(std::uint32_t version);

/// Which words a stretch of a room has, in its value, which it points into.
struct stored_words {
  std::uint32_t version = 0;  ///< words_version() of whoever made it; 0: an old one
  sequence first = 0;
  std::int64_t oldest_ms = 0;  ///< the smallest timestamp among its messages
  std::string_view filter;
};
/// Overwrites `out`. The room's id and the last sequence are in the key.
void encode(std::string& out, const stored_words& words);

/// A message in its value, which it points into.
struct stored_message {
  sequence seq = 0;
  std::int64_t timestamp_ms = 0;
  std::string_view sender, author, client_id, text;
  message_kind kind = message_kind::said;
  sequence target = 0;
  sequence changed_by = 0;
  std::int64_t changed_ms = 0;
};
/// A copy that stands by itself.
std::shared_ptr<message> to_message(const stored_message& m);

/// Reads the messages of one value, ascending.
class message_reader {
 public:
  enum class outcome { some, end, damaged };

  /// `last` is the sequence in the value's key, at least 1.
  message_reader(std::string_view value, sequence last);
  /// Fills `out`. After `end` every message was read and nothing else stands in the value; bytes
  /// that `encode` cannot have made are `damaged`.
  [[nodiscard]] outcome next(stored_message& out);

 private:
  bool take_change(stored_message& out);

  field_reader in_;
  sequence last_;
  sequence before_ = 0;  // of the message read last
  bool has_change_ = false;
  enum class layout { none, one, many, changed } layout_ = layout::none;
};

/// Fills `out` but for what is in the key. False for bytes that `encode` cannot have made; `out` is
/// then unspecified.
[[nodiscard]] bool decode(std::string_view value, room_definition& out);
[[nodiscard]] bool decode(std::string_view value, session_record& out);
[[nodiscard]] bool decode(std::string_view value, kept_answer& out);
/// Fills the user and the key. False for other bytes.
[[nodiscard]] bool decode_answer_key(std::string_view key, kept_answer& out);
[[nodiscard]] bool decode(std::string_view value, stored_words& out);
[[nodiscard]] bool decode(std::string_view value, webhook_record& out);
[[nodiscard]] bool decode(std::string_view value, erasure& out);
[[nodiscard]] bool decode_floor(std::string_view value, sequence& out);

}  // namespace chat::codec
