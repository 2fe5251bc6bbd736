#pragma once
// JSON Schema as TypeScript.

#include <string>
#include <string_view>

namespace chat {

/// The type of what a schema describes, on one line: `{ roomId: string; limit?: number }`. Knows
/// what our schemas are made of; what it does not know is `unknown`. `schema` is JSON.
std::string to_typescript(std::string_view schema);

/// chat-room-create as the name of a type: ChatRoomCreate.
std::string pascal_case(std::string_view name);

}  // namespace chat
