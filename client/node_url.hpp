#pragma once
// Where a node is: what programs of ours that talk to one are given.

#include <string>
#include <string_view>

#include "model/failure.hpp"

namespace chat {

/// Where the node is, and how to speak to it.
struct node_address {
  std::string host = {};  ///< IPv6 addresses without brackets
  std::string port = {};
  std::string key = {};  ///< API key or token; empty: none
  bool tls = false;
  std::string ca_file = {};  ///< PEM, whom to trust besides the system's authorities; empty: none
  std::string path = {};     ///< as `/a/b?c`, without a slash at its end, or empty

  /// As the Host header has it: `host:port`.
  std::string authority() const;
  /// Without the path.
  std::string origin() const;
};

/// Of `http(s)://host[:port][/path]`; `ws` and `wss` stand for the same. Refuses names and
/// passwords in it: they would be shown and stored.
result<node_address> parse_node_url(std::string_view url);

}  // namespace chat
