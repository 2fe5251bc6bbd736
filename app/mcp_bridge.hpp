#pragma once
// MCP on stdin and stdout, a message a line, for clients that start programs: everything goes on to
// a node's /mcp (2025-11-25 and 2026-07-28, basic/transports, stdio).

#include <string>

#include "model/failure.hpp"

namespace chat {

/// Where the node is.
struct node_address {
  std::string host;
  std::string port;
  std::string key = {};  ///< API key or token; empty: none
};

/// Of `http://host[:port]`.
result<node_address> parse_node_url(const std::string& url);

/// Whether a chatd answers there.
bool is_node(const node_address& where);

/// Carries messages until stdin ends or a signal asks to stop; what is under way then is answered
/// first. Nothing but messages goes to stdout.
void run_mcp_bridge(const node_address& to);

}  // namespace chat
