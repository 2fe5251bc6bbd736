#pragma once
// Rooms as resources: `chat://rooms`, and `chat://rooms/{roomId}` with a room's latest messages.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/mcp/command_data.hpp"
#include "net/mcp/service.hpp"

namespace chat::mcp {

inline constexpr std::string_view rooms_uri = "chat://rooms";
std::string room_uri(std::string_view room_id);
/// The room that a URI names; nothing for any other URI.
std::optional<std::string> room_of(std::string_view uri);

/// A room's latest messages, oldest first.
struct latest_messages {
  std::string json;     ///< `{"roomId":…,"messages":[…],"lastMessageId":…}`
  std::string last_id;  ///< empty in an empty room
};
using latest_handler = std::function<void(tl::expected<latest_messages, command_failure>)>;
void read_latest(const door_context& door, caller who, const std::string& room_id,
                 latest_handler then);

std::vector<item> room_templates();
void list_rooms_as_resources(const exchange_ptr& x, std::string_view cursor);
void read_rooms_resource(const exchange_ptr& x, std::string_view uri);

/// `{"uri":…,"mimeType":"application/json","text":…}`.
std::string resource_contents(std::string_view uri, std::string_view text);

/// Why a room cannot be read: to the one who asks, a room that is not for them is not there.
rpc_error room_error(const exchange& x, std::string_view uri, const command_failure& why);

}  // namespace chat::mcp
