#pragma once
// One message of an MCP client on stdio, and what HTTP needs to know of it.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "net/json_rpc.hpp"

namespace chat {

using mcp_headers = std::vector<std::pair<std::string, std::string>>;

struct mcp_line {
  std::string text = {};
  std::string id = {};  ///< JSON; empty for notifications
  std::string method = {};
  std::string cancelled_id = {};  ///< of notifications/cancelled: which request, as JSON
  bool is_response = false;
  bool is_stateless = false;
  mcp_headers headers = {};  ///< that repeat what the body says

  bool is_in_session() const { return !is_stateless && method != "initialize"; }
};

/// The failure is for a line that is no message.
tl::expected<mcp_line, rpc_error> read_mcp_line(std::string text);

/// Whether a message of the node answers the request of that id.
bool is_answer_to(std::string_view message, std::string_view id);
/// What the node's answer to `initialize` says; empty when it says nothing.
std::string negotiated_version(std::string_view message);

}  // namespace chat
