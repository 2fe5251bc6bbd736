#pragma once
// What HTTP connections and doors are given by the program.

#include <functional>
#include <memory>
#include <optional>
#include <string>

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
  std::string websocket_base = {};              ///< --public-url; empty: as the request came
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
  std::chrono::milliseconds idle_timeout = limits::http_idle_timeout;
  std::chrono::milliseconds linger_timeout = limits::linger_timeout;
  std::chrono::milliseconds keepalive_interval = limits::sse_keepalive_interval;
};

/// What connections and doors of one loop use.
struct door_context {
  loop& home;
  const http_config& config;
  std::function<void(call_ptr)> send;  ///< to this loop's command actor
};

/// Where the node is, as the request came: `http://host:port`, or https.
inline std::string base_url(const http_request& request, const http_config& config) {
  return (request.is_secure() ? "https://" : "http://") +
         (request.host().empty() ? config.default_host : std::string(request.host()));
}

/// What handoffs name as endpoint, `ws://host:port`; `wss://` where the request came over TLS.
inline std::string websocket_base(const http_request& request, const http_config& config) {
  if (!config.websocket_base.empty()) return config.websocket_base;
  return (request.is_secure() ? "wss://" : "ws://") +
         (request.host().empty() ? config.default_host : std::string(request.host()));
}

}  // namespace chat
