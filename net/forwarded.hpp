#pragma once
// Proxies in front of the node, and what they say of the requests they pass on (RFC 7239, and the
// older X-Forwarded-… headers).

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/fields.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// The proxies whose word counts (`--trusted-proxy`). Constant once they are all added.
class trusted_proxies {
 public:
  /// An address, or a network such as `10.0.0.0/8` or `fd00::/8`. False: the text is neither.
  bool add(std::string_view network);
  bool has(const boost::asio::ip::address& one) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct network {
    boost::asio::ip::address_v6 base;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<network> networks_;
};

/// What a trusted proxy says of a request. Empty: it does not say.
struct forwarded {
  boost::asio::ip::address client;  ///< who sent it; the proxy itself where it names nobody
  std::string proto;                ///< `http` or `https`, as the client sees the node
  std::string host;                 ///< `host` or `host:port`, the same
  std::string prefix;               ///< the path under which the client sees it: `/chat`
};

/// The client is the right-most address of X-Forwarded-For, or else of Forwarded, that is no
/// trusted proxy's: what stands left of it is the client's own word. Where the headers are lists,
/// proto, host and prefix are of the same proxy that names the client. Nothing where `peer` is no
/// trusted proxy: from others such headers mean nothing. List headers are combined already.
std::optional<forwarded> read_forwarded(const boost::beast::http::fields& head,
                                        const boost::asio::ip::address& peer,
                                        const trusted_proxies& proxies);

/// `/chat` of `/chat`, `/chat/`; empty of `/`; nothing for what is no plain path.
std::optional<std::string> parse_base_path(std::string_view text);

/// An IPv4 address that came as IPv6 (`::ffff:192.0.2.1`) as what it is.
boost::asio::ip::address plain_address(const boost::asio::ip::address& one);

}  // namespace chat
