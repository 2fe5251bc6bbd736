#pragma once
// Who asks for something, and what they may do.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// What somebody may do. Each includes the ones before it.
enum class scope : std::uint8_t {
  read,   ///< see rooms and what is said in them
  write,  ///< open sessions, say something
  admin,  ///< change rooms, look at the node, throw others out
};
std::string_view to_string(scope what);
/// The scope of that name, or nothing.
std::optional<scope> parse_scope(std::string_view name);

/// Somebody, as the node's way of telling people apart found out.
struct caller {
  std::string user_id;
  std::string name = {};     ///< display name, may be empty
  std::string address = {};  ///< where the call comes from
  scope may = scope::read;
};

/// Under which name somebody speaks without a session (contract, section 3: chat-send).
inline std::string speaker_name(const caller& who) { return who.name.empty() ? "Agent" : who.name; }

/// Everybody, where nobody is told apart (`--auth none`).
inline caller local_user() { return {.user_id = "local", .may = scope::admin}; }

/// 1 to user_id_units_max UTF-16 units of valid Unicode, none of them a control character.
bool is_user_id(std::string_view text);

}  // namespace chat
