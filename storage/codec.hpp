#pragma once
// How messages and rooms become keys and values of the store, and back.
//
// Every number is big-endian; in keys, so that byte order is numeric order.
//
//   message-key   = "m" room-id 0x00 seq:u64
//   room-key      = "r" room-id
//   schema-key    = "schema"
//
//   message-value = 0x01 timestamp_ms:u64 sender author client_id text
//   room-value    = 0x01 participants_max:u32 created_ms:u64 name description
//   schema-value  = decimal version
//   sender, author, client_id, text, name, description = size:varint byte*
//   varint        = seven bits a byte, lowest first; the top bit says that more follow
//
// The first byte of a value is its format: a new layout gets a new number, so that a store may
// hold both. Room ids hold no 0x00, hence no room's range of keys reaches into another's.

#include <string>
#include <string_view>

#include "model/message.hpp"

namespace chat::codec {

inline constexpr std::string_view schema_key = "schema";
/// All room keys lie in [rooms_begin, rooms_end).
inline constexpr std::string_view rooms_begin = "r";
inline constexpr std::string_view rooms_end = "s";

/// Overwrites `out`, so that a caller can keep its memory.
void encode_message_key(std::string& out, std::string_view room_id, sequence seq);
void encode_room_key(std::string& out, std::string_view room_id);
/// The key above every message of the room.
std::string messages_end(std::string_view room_id);

/// The sequence in a message key of this room; 0, which no message has, for any other bytes.
sequence sequence_of_key(std::string_view key, std::string_view room_id);
bool is_message_key(std::string_view key);

/// Overwrites `out`. The sequence is in the key, the room's id likewise.
void encode(std::string& out, const message& m);
void encode(std::string& out, const room_definition& room);

/// Fills `out` but for what stands in the key. False for bytes that `encode` cannot have made;
/// `out` is then unspecified.
[[nodiscard]] bool decode(std::string_view value, message& out);
[[nodiscard]] bool decode(std::string_view value, room_definition& out);

}  // namespace chat::codec
