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
struct http_response;

/// What a URL or a Host header names. Lower case; IPv6 addresses without brackets.
struct authority {
  std::string host;
  std::string port;  ///< empty when not given
};

/// `host`, `host:port`, `[v6]`, `[v6]:port`; nothing for any other text.
std::optional<authority> parse_authority(std::string_view text);
/// `http(s)://host[:port]`, and nothing behind it; or `null`.
bool is_origin(std::string_view text);
/// Lets pages of this origin, which is allowed, read the answer.
void allow_to_read(http_response& answer, std::string_view origin);
/// localhost, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);

/// Constant once made. Thread: any.
class origin_policy {
 public:
  /// Loopback names only.
  origin_policy() = default;
  /// `public_urls` are `http(s)://host[:port]` or `ws(s)://…`, with a path or without;
  /// `listen_hosts` are addresses listened on. One that stands for all addresses allows every
  /// address as Host: rebinding needs a name. Pages of `origins` may call as well; `null` is that
  /// of pages opened from files, which sandboxed pages of any site have, too.
  origin_policy(const std::vector<std::string>& public_urls,
                const std::vector<std::string>& listen_hosts,
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

  std::vector<origin> public_;  // http or https
  std::vector<origin> origins_;
  bool allows_null_ = false;
  std::vector<std::string> listen_hosts_;
  bool any_address_ = false;
};

}  // namespace chat
