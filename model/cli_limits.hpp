#pragma once
// The bounds of `afd`, beside those of what carries its requests (bridge_limits.hpp).

#include <chrono>
#include <cstddef>

namespace chat::limits {

/// How long a call may take unless --timeout says: the public tool's.
inline constexpr auto cli_call_timeout = std::chrono::milliseconds(30'000);
/// … and a stream may be silent: the public tool's.
inline constexpr auto cli_stream_timeout = std::chrono::milliseconds(60'000);
/// Input from stdin or a file: what a node takes as a body (http_body_bytes_max).
inline constexpr std::size_t cli_input_bytes_max = 1024 * 1024;
/// A line that somebody types, and those that the arrow keys bring back.
inline constexpr std::size_t cli_line_bytes_max = 64 * 1024;
inline constexpr std::size_t cli_history_lines_max = 500;

/// Messages shown to who comes in: a screen.
inline constexpr int chat_history_messages = 20;
/// Lines that wait for a node that is away; then stdin waits.
inline constexpr std::size_t chat_lines_waiting_max = 1'000;
/// A line that is not acknowledged for so long is sent again, on a new connection …
inline constexpr auto chat_answer_timeout = std::chrono::seconds(20);
/// … and after the end of stdin, without any progress, given up.
inline constexpr auto chat_last_lines_timeout = std::chrono::seconds(60);
/// Between attempts to come back: twice as long each time. Crowds are spread by a fifth of it.
inline constexpr auto chat_backoff_min = std::chrono::milliseconds(250);
inline constexpr auto chat_backoff_max = std::chrono::milliseconds(10'000);
/// A node keeps a lost session for five minutes; nobody waits longer.
inline constexpr auto chat_away_max = std::chrono::minutes(5);
/// How often others are told that somebody types.
inline constexpr auto chat_typing_interval = std::chrono::seconds(3);
/// Who only reads says so, before a node takes the silence for absence (30 minutes).
inline constexpr auto chat_ping_interval = std::chrono::minutes(5);

/// A check of `afd validate` that waits for a frame.
inline constexpr auto check_timeout = std::chrono::seconds(10);

}  // namespace chat::limits
