#pragma once
// MCP on stdin and stdout, a message a line, for clients that start programs: everything goes on to
// a node's /mcp (2025-11-25 and 2026-07-28, basic/transports, stdio).

#include <functional>
#include <optional>

#include "client/node_url.hpp"

namespace chat {

/// Whether a chatd answers there.
bool is_node(const node_address& where);

/// Where the node is now, when it cannot be reached any more; may take seconds.
using node_finder = std::function<std::optional<node_address>()>;

/// Carries messages until stdin ends or a signal asks to stop; what is under way then is answered
/// first. Nothing but messages goes to stdout. Requests are sent in the order of their lines, each
/// when the one before is answered, but for those that wait on purpose: they hold nobody up. After
/// a restart of the node there is a new session, with the subscriptions of the old one. `find`
/// may be empty.
void run_mcp_bridge(const node_address& to, const node_finder& find);

}  // namespace chat
