#pragma once
// Commands as tools: how they are listed, and which of them a tool call means.

#include <vector>

#include "actors/command_call.hpp"
#include "net/mcp/chat_service.hpp"
#include "net/mcp/service.hpp"

namespace chat::mcp {

/// The tools of `tools/list`, in the table's order.
std::vector<item> command_tools(tool_strategy how);

/// The call that a tool stands for; why there is none, when a group's action is missing or unknown.
/// Every command can be called by its name, whatever is listed.
result<call_ptr> command_of(tool_strategy how, std::string_view tool,
                            std::optional<element> arguments);

/// The result of `tools/call` (contract, section 2).
std::string tool_result(const command_answer& answer);

}  // namespace chat::mcp
