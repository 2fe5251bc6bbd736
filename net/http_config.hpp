#pragma once
// What HTTP connections and doors are given by the program.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/audit.hpp"
#include "actors/command_call.hpp"
#include "actors/context.hpp"
#include "model/counters.hpp"
#include "model/limits.hpp"
#include "model/published.hpp"
#include "net/corked_socket.hpp"
#include "net/http_message.hpp"
#include "net/mcp/chat_service.hpp"
#include "net/mcp/sessions.hpp"
#include "net/origin_check.hpp"
#include "net/public_url.hpp"

namespace chat {

struct chat_options;

/// A connection that has asked to become a WebSocket, as HTTP gives it away.
struct upgrade {
  socket_ptr socket;
  http_request request;
  std::string early;  ///< what the client sent behind the request
};

/// Shared by all connections of a node; outlives them. Constant once they start. Timeouts are
/// looked at once a second.
struct http_config {
  node_counters& counters;
  /// Whose pages may call. Replaced while connections run.
  std::shared_ptr<published<origin_policy>> origins = std::make_shared<published<origin_policy>>();
  std::vector<public_url> public_urls = {};     ///< how clients see the node; may be none
  trusted_proxies proxies = {};                 ///< whose word on clients and addresses counts
  std::string default_host = "127.0.0.1:3100";  ///< where a request names no Host (HTTP/1.0)
  /// Who sends this Authorization header (RFC 9110, 11.6.2) from this address; UNAUTHORIZED where
  /// nobody knows. Thread: any loop. Uses the thread's JSON parser.
  std::function<result<caller>(std::string_view authorization, const std::string& peer)>
      authenticate = {};
  audit_log* audit = nullptr;  ///< null: nobody writes refusals down
  /// Why the node cannot serve just now (draining, storage failing), or nothing. Thread: any loop.
  std::function<std::optional<failure>()> not_ready = {};
  /// Takes over a socket whose client asked for a WebSocket, on its loop. Nothing is queued on it.
  /// When empty, upgrades are ignored.
  std::function<void(upgrade)> on_upgrade = {};
  const node_context* node = nullptr;  ///< whose loops /metrics tells of; null: of none
  const chat_options* chat = nullptr;  ///< of rooms' event streams; null: there are none
  /// What is offered over MCP, and its sessions.
  std::shared_ptr<const mcp::service> mcp = mcp::make_chat_service();
  std::shared_ptr<mcp::sessions> sessions = std::make_shared<mcp::sessions>();

  std::chrono::milliseconds request_timeout = limits::http_request_timeout;
  std::chrono::milliseconds keep_alive_timeout = limits::http_keep_alive_timeout;
  std::chrono::milliseconds stall_timeout = limits::http_stall_timeout;
  std::chrono::milliseconds linger_timeout = limits::linger_timeout;
  std::chrono::milliseconds keepalive_interval = limits::sse_keepalive_interval;
  /// How often MCP asks whether the client of an open stream is still known …
  std::chrono::milliseconds credential_interval = limits::mcp_credential_interval;
  /// … and tells of a waiting call's progress.
  std::chrono::milliseconds progress_interval = limits::mcp_progress_interval;
};

/// What connections and doors of one loop use.
struct door_context {
  loop& home;
  const http_config& config;
  std::function<void(call_ptr)> send;  ///< to this loop's command actor
};

/// Where the node is for whoever sent the request: `http(s)://host[:port][/path]`.
inline std::string base_url(const http_request& request, const http_config& config) {
  return url_of_node(request, config).for_http();
}

/// What handoffs name as endpoint: the same with `ws` or `wss`.
inline std::string websocket_base(const http_request& request, const http_config& config) {
  return url_of_node(request, config).for_websockets();
}

}  // namespace chat
