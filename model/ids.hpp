#pragma once
// Names as they stand on the wire: room ids, message ids, session ids, token ids, times.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/message.hpp"

namespace chat {

/// 1..64 of `A-Za-z0-9._-` (contract, section 3).
bool is_room_id(std::string_view text);

/// `m` and 16 decimal digits: sorts in room order as a plain string, and no tool mistakes it
/// for a number.
std::string format_message_id(sequence seq);
/// Appends what format_message_id returns.
void append_message_id(std::string& out, sequence seq);
/// The sequence in an id of ours; nothing for any other text.
std::optional<sequence> parse_message_id(std::string_view text);

/// `sess-` and 24 hexadecimal digits, 96 random bits.
std::string new_session_id();
/// `hook-` and 24 hexadecimal digits, 96 random bits: the ID of a webhook.
std::string new_subscription_id();
/// `whsec-` and 64 hexadecimal digits, 256 random bits: what a webhook's deliveries are signed
/// with.
std::string new_webhook_secret();
/// The `jti` of a handoff token: 22 characters, 132 random bits.
std::string new_token_id();
/// 32 hexadecimal digits from the system's random source, for trace and stream ids.
std::string new_trace_id();
/// Compares without telling by its duration where the texts differ. Length is no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.
std::string format_time(std::int64_t epoch_ms);
/// Appends what format_time returns.
void append_time(std::string& out, std::int64_t epoch_ms);
/// Milliseconds since the Unix epoch, by the system's clock.
std::int64_t wall_clock_ms();

}  // namespace chat
