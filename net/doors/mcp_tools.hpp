#pragma once
// What MCP clients are told about this node: its instructions and its commands as tools.

#include <string>
#include <string_view>

namespace chat::doors {

/// The result of `initialize`, in the protocol version asked for or else the newest one known.
std::string initialize_result(std::string_view version_asked);

/// The result of `tools/list`: one tool a command, in the table's order. Made once.
const std::string& tools_list_result();

}  // namespace chat::doors
