#pragma once
// The node's chat as an MCP server: commands are tools, rooms resources.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace chat::mcp {

class service;

/// How commands become tools (contract, section 1).
enum class tool_strategy : std::uint8_t {
  individual,  ///< each command one
  grouped,     ///< one a category, the command named as its action
  lazy,        ///< only those that tell of commands and call them
};
std::optional<tool_strategy> parse_tool_strategy(std::string_view name);

std::shared_ptr<const service> make_chat_service(tool_strategy how = tool_strategy::individual);

}  // namespace chat::mcp
