#pragma once
// Why a connection of a session ended: every close code the node gives (contract, section 4;
// RFC 6455, 7.4).

#include <cstdint>
#include <string_view>

#include "model/session.hpp"

namespace chat {

/// The code a client sees, the words beside it, and what chat-status will name as the end.
struct close_reason {
  std::uint16_t code;
  std::string_view text;  ///< at most 123 bytes (RFC 6455, 5.5); always a literal
  ended_by end;

  bool operator==(const close_reason& other) const { return code == other.code; }
};

namespace close {
inline constexpr close_reason normal{1000, "Bye", ended_by::client};
inline constexpr close_reason going_away{1001, "The node is stopping; connect again soon",
                                         ended_by::drain};
inline constexpr close_reason protocol_error{1002, "Not the WebSocket protocol", ended_by::error};
inline constexpr close_reason binary{1003, "Text frames only", ended_by::error};
inline constexpr close_reason bad_utf8{1007, "Text must be valid UTF-8", ended_by::error};
inline constexpr close_reason too_fast{1008, "Too many messages: wait before you connect again",
                                       ended_by::rate};
inline constexpr close_reason too_big{1009, "At most 64 KiB a message", ended_by::error};
inline constexpr close_reason internal{1011, "Internal error", ended_by::error};
inline constexpr close_reason bad_path{4000, "Bad path: use /rooms/{roomId}", ended_by::error};
inline constexpr close_reason missing_token{4001, "Missing token", ended_by::error};
inline constexpr close_reason invalid_token{4001, "Invalid token", ended_by::error};
inline constexpr close_reason wrong_address{4001, "The token was given to another address",
                                            ended_by::error};
inline constexpr close_reason expired{4002, "Session or token expired: call chat-connect",
                                      ended_by::expired};
inline constexpr close_reason mismatch{4003, "Session mismatch", ended_by::error};
inline constexpr close_reason taken_over{4004, "Taken over by a newer connection",
                                         ended_by::takeover};
inline constexpr close_reason room_full{4005, "Room is full", ended_by::error};
inline constexpr close_reason idle{4002, "Session expired after long silence: call chat-connect",
                                   ended_by::idle};
// Four ways to end for good: people are told which one it was.
inline constexpr close_reason ended{4006, "Session ended", ended_by::command};
inline constexpr close_reason revoked{4006, "Session ended by an administrator", ended_by::command};
inline constexpr close_reason room_deleted{4006, "The room was deleted", ended_by::command};
inline constexpr close_reason not_welcome{4006, "You may not be in this room any more",
                                          ended_by::command};
inline constexpr close_reason slow{4008, "Too slow to read", ended_by::slow};
}  // namespace close

}  // namespace chat
