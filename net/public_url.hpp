#pragma once
// Under which address clients see the node.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/origin_check.hpp"

namespace chat {

class http_request;
struct http_config;

/// `https://example.org/chat`: what `--public-url` names, or what a request came to.
struct public_url {
  bool is_secure = false;
  std::string host;  ///< `host` or `host:port`, IPv6 in brackets
  std::string path;  ///< empty, or `/chat`: no slash at its end

  /// `https://example.org/chat`, and `wss://example.org/chat` for WebSockets.
  std::string for_http() const { return (is_secure ? "https://" : "http://") + host + path; }
  std::string for_websockets() const { return (is_secure ? "wss://" : "ws://") + host + path; }
};

/// `http(s)://` or `ws(s)://`, host, port and path; nothing for any other text.
std::optional<public_url> parse_public_url(std::string_view text);

/// Where the node is for whoever sent this request: as a trusted proxy says; else as the public URL
/// of the same host says, or the first one; without any as the request came.
public_url url_of_node(const http_request& request, const http_config& config);

/// Takes off the request what proxies in front of the node have put on: who sent it, by which
/// address, and the path of a public URL that stands before the node's own.
void look_behind_proxies(http_request& request, const http_config& config);

}  // namespace chat
