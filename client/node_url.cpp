#include "client/node_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace chat {

namespace {

// 1 to 65535: with more, the system would take the lower 16 bits of it.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  return ec == std::errc{} && end == text.data() + text.size() && port > 0;
}

// `host`, `host:port`, `[v6]`, `[v6]:port`
bool read_authority(std::string_view text, node_address& to) {
  auto colon = text.find(':');
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    to.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return false;
    colon = text.empty() ? std::string_view::npos : 0;
  } else {
    to.host = text.substr(0, colon);
  }
  to.port = to.tls ? "443" : "80";
  if (colon == std::string_view::npos) return !to.host.empty();
  to.port = text.substr(colon + 1);
  return !to.host.empty() && is_port(to.port);
}

}  // namespace

std::string node_address::authority() const {
  return (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + port;
}

std::string node_address::origin() const { return (tls ? "https://" : "http://") + authority(); }

result<node_address> parse_node_url(std::string_view url) {
  node_address to;
  const auto colon = url.find("://");
  const auto scheme = url.substr(0, colon);
  auto rest = colon == std::string_view::npos ? std::string_view() : url.substr(colon + 3);
  to.tls = scheme == "https" || scheme == "wss";
  const auto slash = rest.find_first_of("/?#");
  if (slash != std::string_view::npos) {
    to.path = rest.substr(slash);
    while (to.path.ends_with('/')) to.path.pop_back();
    rest = rest.substr(0, slash);
  }
  const bool is_known = to.tls || scheme == "http" || scheme == "ws";
  const bool is_plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~'; });
  if (!is_known || !is_plain || rest.find('@') != std::string_view::npos ||
      !read_authority(rest, to))
    return tl::unexpected(
        make_failure(errc::validation_error,
                     std::string(url) + ": expected http(s)://host[:port], the port 1 to 65535",
                     "Name the node as in http://127.0.0.1:3100"));
  return to;
}

}  // namespace chat
