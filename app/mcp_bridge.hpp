#pragma once
// MCP on stdin and stdout, a message a line, for clients that start programs: everything goes on to
// a node's /mcp (2025-11-25 and 2026-07-28, basic/transports, stdio).

#include "client/node_url.hpp"

namespace chat {

/// Whether a chatd answers there.
bool is_node(const node_address& where);

/// Carries messages until stdin ends or a signal asks to stop; what is under way then is answered
/// first. Nothing but messages goes to stdout.
void run_mcp_bridge(const node_address& to);

}  // namespace chat
