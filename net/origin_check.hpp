#pragma once
// Who may call: requests must name this node as Host (DNS rebinding) and come from pages of this
// machine or of the node itself (contract, section 1). Clients that are no browsers send no Origin.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/failure.hpp"

namespace chat {

class http_request;

/// What a URL or a Host header names. Lower case; IPv6 addresses without brackets.
struct authority {
  std::string host;
  std::string port;  ///< empty when not given
};

/// `host`, `host:port`, `[v6]`, `[v6]:port`; nothing for any other text.
std::optional<authority> parse_authority(std::string_view text);
/// `http(s)://host[:port]`, and nothing behind it.
bool is_origin(std::string_view text);
/// localhost, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);

/// Constant once made. Thread: any.
class origin_policy {
 public:
  /// Loopback names only.
  origin_policy() = default;
  /// `public_url` is `ws(s)://host[:port]` or empty; `listen_hosts` are addresses listened on. One
  /// that stands for all addresses allows every address as Host: rebinding needs a name.
  /// Pages of `origins` may call as well.
  origin_policy(std::string_view public_url, const std::vector<std::string>& listen_hosts,
                const std::vector<std::string>& origins = {});

  /// Why the request is refused (403), or nothing.
  std::optional<failure> check(const http_request& request) const;

 private:
  bool allows_host(const authority& host) const;
  bool allows_origin(const http_request& request, const std::optional<authority>& host) const;

  /// What an Origin header names: `scheme://host[:port]` (RFC 6454, 7).
  struct origin {
    std::string scheme;
    authority where;
  };
  static std::optional<origin> parse(std::string_view text);
  static bool is_same(const origin& a, const origin& b);
  friend bool is_origin(std::string_view text);

  std::optional<origin> public_;  // http or https
  std::vector<origin> origins_;
  std::vector<std::string> listen_hosts_;
  bool any_address_ = false;
};

}  // namespace chat
