#pragma once
// The revisions of the Model Context Protocol that are spoken here, and its numbers.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/json_rpc.hpp"

namespace chat::mcp {

/// Up to 2025-11-25 a session begins with `initialize`; since 2026-07-28 every request carries what
/// was agreed on there (2026-07-28, basic/versioning).
enum class era : std::uint8_t { session, stateless };

inline constexpr std::string_view stateless_version = "2026-07-28";
/// Those with sessions, oldest first.
inline constexpr std::array<std::string_view, 4> session_versions{"2024-11-05", "2025-03-26",
                                                                  "2025-06-18", "2025-11-25"};
bool is_session_version(std::string_view version);
/// What `initialize` answers: the version asked for, or else the newest one with sessions.
std::string_view negotiated(std::string_view asked);
/// All of them, newest first, as a JSON list.
std::string supported_versions();

namespace error_code {  // 2026-07-28, basic, Error Codes
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
inline constexpr int resource_not_found = -32002;  ///< up to 2025-11-25; then invalid_params
}  // namespace error_code

/// How grave a log message is (RFC 5424, section 6.2.1), gravest last.
enum class log_level : std::uint8_t {
  debug,
  info,
  notice,
  warning,
  error,
  critical,
  alert,
  emergency
};
std::string_view to_string(log_level level);
std::optional<log_level> parse_log_level(std::string_view text);

/// What a client lets the server ask of it.
struct client_features {
  bool sampling = false;
  bool elicitation = false;
  bool roots = false;
};
/// Reads a client's `capabilities`; nothing there means none.
client_features read_client_features(std::optional<simdjson::dom::element> capabilities);

/// `{"jsonrpc":"2.0","method":…,"params":…}`. `params` is a JSON object.
std::string notification(std::string_view method, std::string_view params);
/// `{"jsonrpc":"2.0","id":…,"method":…,"params":…}`. `id` is JSON.
std::string request(std::string_view id, std::string_view method, std::string_view params);
/// The JSON object with `members` (`"a":1,"b":2`) put in front of its own.
std::string with_members(std::string_view object, std::string_view members);

}  // namespace chat::mcp
