#pragma once
// The bounds of `chatd mcp`, beside those of the node (limits.hpp).

#include <chrono>
#include <cstddef>

namespace chat::limits {

/// Requests of one client under way: more wait in its pipe.
inline constexpr std::size_t bridge_requests_max = 64;
/// One message of the node: 100 rooms full of the longest names are a fraction of it.
inline constexpr std::size_t bridge_message_bytes_max = 16 * 1024 * 1024;
/// A node that is not on the other side of the world answers sooner.
inline constexpr auto bridge_connect_timeout = std::chrono::seconds(10);
/// Silence of a node that has a request: twice the longest wait of a command; streams have a
/// comment every sse_keepalive_interval.
inline constexpr auto bridge_answer_timeout = std::chrono::seconds(60);
/// A stream that broke is opened again after this.
inline constexpr auto bridge_reopen_interval = std::chrono::seconds(1);

/// The node that `chatd mcp` starts: how long others wait for one that is starting or ending it …
inline constexpr auto own_node_timeout = std::chrono::seconds(30);
/// … how often they look …
inline constexpr auto own_node_interval = std::chrono::milliseconds(50);
/// … and for how long it stays when nobody uses it: a window that is closed and opened again finds
/// it.
inline constexpr auto own_node_linger = std::chrono::seconds(600);

}  // namespace chat::limits
