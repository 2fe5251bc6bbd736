#pragma once
// Where webhooks may post to: the form of a URL, and which addresses it may lead to. What users of
// the node name must not reach what only the node's machine reaches (SSRF).

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/failure.hpp"
#include "net/asio.hpp"

namespace chat {

/// A URL in its parts.
struct webhook_target {
  bool is_tls = false;
  std::string host;  ///< lower case; IPv6 addresses without brackets
  std::uint16_t port = 0;
  std::string path;       ///< with the query; at least "/"
  std::string authority;  ///< as the Host header has it
};

/// `http(s)://host[:port][/path][?query]` in printable ASCII, without user, password or fragment.
/// The failure's message says what is wrong with it.
result<webhook_target> parse_webhook_url(std::string_view url);

/// Who an address belongs to (IANA's registries of special-purpose addresses).
enum class reach {
  everybody,  ///< it is on the internet
  inside,     ///< loopback, private networks, shared and unique local addresses
  nobody,     ///< link-local (where clouds hand out credentials), multicast, reserved, unspecified
};
/// IPv6 addresses that stand for an IPv4 address (mapped, NAT64) reach what that reaches.
reach reach_of(const asio::ip::address& address);

}  // namespace chat
