#pragma once
// Prompts about rooms: to join one, to sum one up.

#include <vector>

#include "net/mcp/service.hpp"

namespace chat::mcp {

std::vector<item> chat_prompts();
void get_chat_prompt(const exchange_ptr& x, std::string_view name,
                     std::optional<element> arguments);
/// Completes a room id, for prompts and for the template of a room.
void complete_room_id(const exchange_ptr& x, element params);

}  // namespace chat::mcp
