#include "net/forwarded.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>

#include "net/asio.hpp"
#include "net/http_list.hpp"

namespace chat {

namespace http = beast::http;
using asio::ip::address;
using asio::ip::address_v6;

namespace {

constexpr unsigned v6_bits = 128;
constexpr unsigned v4_bits = 32;

address_v6 as_v6(const address& one) {
  return one.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, one.to_v4()) : one.to_v6();
}

std::optional<address> parse_address(std::string_view text) {
  error_code ec;
  const auto parsed = asio::ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return plain_address(parsed);
}

// An address as proxies write it: alone, in brackets, with a port or without.
std::optional<address> parse_node(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : parse_address(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return parse_address(text);
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> all;
  while (!list.empty())
    if (const auto one = take_element(list); !one.empty()) all.push_back(unquoted(one));
  return all;
}

std::string_view header(const http::fields& head, beast::string_view name) {
  const auto value = head[name];
  return {value.data(), value.size()};
}

// The value of `name=` in each element of a Forwarded header; empty where it has none.
std::vector<std::string> forwarded_values(std::string_view list, std::string_view name) {
  std::vector<std::string> all;
  while (!list.empty()) {
    auto one = take_element(list);
    if (one.empty()) continue;
    std::string value;
    while (!one.empty()) {
      const auto pair = take_element(one, ';');
      const auto equals = std::min(pair.find('='), pair.size());
      if (beast::iequals(pair.substr(0, equals), name))
        value = unquoted(pair.substr(std::min(equals + 1, pair.size())));
    }
    all.push_back(std::move(value));
  }
  return all;
}

// The element that the proxy at this distance wrote; proxies that write over a header instead of
// adding to it leave a list of one.
std::string at_distance(const std::vector<std::string>& list, std::size_t from_the_right) {
  if (list.empty()) return {};
  return list[list.size() - 1 - std::min(from_the_right, list.size() - 1)];
}

}  // namespace

address plain_address(const address& one) {
  if (one.is_v6() && one.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, one.to_v6());
  return one;
}

bool trusted_proxies::add(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return false;
  const unsigned all = base->is_v4() ? v4_bits : v6_bits;
  unsigned bits = all;
  if (slash != std::string_view::npos) {
    const auto number = text.substr(slash + 1);
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (ec != std::errc{} || end != number.data() + number.size() || bits > all) return false;
  }
  networks_.push_back({as_v6(*base), bits + (v6_bits - all)});
  return true;
}

bool trusted_proxies::has(const address& one) const {
  if (networks_.empty()) return false;
  const auto bytes = as_v6(one).to_bytes();
  return std::ranges::any_of(networks_, [&](const network& n) {
    const auto base = n.base.to_bytes();
    for (unsigned bit = 0; bit < n.bits; bit += 8) {
      const auto mask = n.bits - bit >= 8 ? 0xFFu : 0xFFu << (8 - (n.bits - bit)) & 0xFFu;
      if (((base[bit / 8] ^ bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
  });
}

std::optional<forwarded> read_forwarded(const http::fields& head, const address& peer,
                                        const trusted_proxies& proxies) {
  if (!proxies.has(peer)) return std::nullopt;
  const auto standard = header(head, "Forwarded");
  auto hops = elements(header(head, "X-Forwarded-For"));
  if (hops.empty()) hops = forwarded_values(standard, "for");
  forwarded said{.client = plain_address(peer), .proto = {}, .host = {}, .prefix = {}};
  std::size_t distance = 0;  // of the proxy that names the client, from the one next to us
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const auto named = parse_node(hops[hops.size() - 1 - i]);
    if (!named) break;  // `unknown`, or a name that hides somebody
    said.client = *named;
    distance = i;
    if (!proxies.has(*named)) break;
  }
  const auto value_of = [&](std::string_view older, std::string_view name) {
    auto value = at_distance(elements(header(head, {older.data(), older.size()})), distance);
    return value.empty() ? at_distance(forwarded_values(standard, name), distance) : value;
  };
  said.proto = value_of("X-Forwarded-Proto", "proto");
  said.host = value_of("X-Forwarded-Host", "host");
  said.prefix = parse_base_path(at_distance(elements(header(head, "X-Forwarded-Prefix")), distance))
                    .value_or("");
  return said;
}

std::optional<std::string> parse_base_path(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return "";
  // Neither `//`, which would be a host, nor `..`; and nothing that needs an escape.
  const bool is_plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '-' || c == '_' || c == '.' || c == '~';
  });
  if (!is_plain || !text.starts_with('/') || text.find("//") != std::string_view::npos ||
      text.find("/.") != std::string_view::npos)
    return std::nullopt;
  return std::string(text);
}

}  // namespace chat
