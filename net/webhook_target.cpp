#include "net/webhook_target.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/limits.hpp"
#include "net/origin_check.hpp"

namespace chat {

namespace {

tl::unexpected<failure> bad_url(std::string what) {
  return tl::unexpected(make_failure(errc::validation_error, std::move(what)));
}

struct network_v4 {
  std::uint32_t base;
  int bits;
  reach is;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// What is not for everybody; the first that matches counts.
constexpr std::array networks_v4{
    network_v4{v4(0, 0, 0, 0), 8, reach::nobody},           // this network
    network_v4{v4(10, 0, 0, 0), 8, reach::inside},          // private
    network_v4{v4(100, 100, 100, 200), 32, reach::nobody},  // metadata service of Alibaba Cloud
    network_v4{v4(100, 64, 0, 0), 10, reach::inside},       // shared by a provider's customers
    network_v4{v4(127, 0, 0, 0), 8, reach::inside},         // loopback
    network_v4{v4(168, 63, 129, 16), 32, reach::nobody},    // host service of Azure
    network_v4{v4(169, 254, 0, 0), 16, reach::nobody},      // link-local, most metadata services
    network_v4{v4(172, 16, 0, 0), 12, reach::inside},       // private
    network_v4{v4(192, 0, 0, 0), 24, reach::nobody},        // protocol assignments
    network_v4{v4(192, 0, 2, 0), 24, reach::nobody},        // documentation
    network_v4{v4(192, 88, 99, 0), 24, reach::nobody},      // relays of 6to4
    network_v4{v4(192, 168, 0, 0), 16, reach::inside},      // private
    network_v4{v4(198, 18, 0, 0), 15, reach::nobody},       // benchmarks
    network_v4{v4(198, 51, 100, 0), 24, reach::nobody},     // documentation
    network_v4{v4(203, 0, 113, 0), 24, reach::nobody},      // documentation
    network_v4{v4(224, 0, 0, 0), 4, reach::nobody},         // multicast
    network_v4{v4(240, 0, 0, 0), 4, reach::nobody},         // reserved, and broadcast
};

reach reach_of_v4(std::uint32_t address) {
  for (const auto& n : networks_v4)
    if ((address ^ n.base) >> (32 - n.bits) == 0) return n.is;
  return reach::everybody;
}

bool starts_with(const asio::ip::address_v6::bytes_type& bytes,
                 std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::uint32_t last_four(const asio::ip::address_v6::bytes_type& b) {
  return v4(b[12], b[13], b[14], b[15]);
}

// Only 2000::/3 is given out to everybody, with some exceptions.
reach reach_of_v6(const asio::ip::address_v6& address) {
  const auto b = address.to_bytes();
  if (address.is_v4_mapped()) return reach_of_v4(last_four(b));
  if (starts_with(b, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))  // NAT64
    return reach_of_v4(last_four(b));
  // Metadata services of AWS (fd00:ec2::254) and Google Cloud (fd20:ce::254).
  const auto is_service = [&](std::uint8_t second, std::uint8_t third, std::uint8_t fourth) {
    constexpr std::array<std::uint8_t, 12> end{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
    return starts_with(b, {0xfd, second, third, fourth}) &&
           std::equal(end.begin(), end.end(), b.begin() + 4);
  };
  if (is_service(0, 0x0e, 0xc2) || is_service(0x20, 0, 0xce)) return reach::nobody;
  if (address.is_loopback() || (b[0] & 0xfe) == 0xfc) return reach::inside;  // or unique local
  const bool is_global = (b[0] & 0xe0) == 0x20;
  const bool is_assigned = starts_with(b, {0x20, 0x01}) && b[2] < 2;  // Teredo and others
  const bool is_documentation =
      starts_with(b, {0x20, 0x01, 0x0d, 0xb8}) || (starts_with(b, {0x3f, 0xff}) && b[2] < 0x10);
  const bool is_6to4 = starts_with(b, {0x20, 0x02});
  return is_global && !is_assigned && !is_documentation && !is_6to4 ? reach::everybody
                                                                    : reach::nobody;
}

}  // namespace

result<webhook_target> parse_webhook_url(std::string_view url) {
  webhook_target target;
  if (url.size() > limits::webhook_url_chars_max) return bad_url("is too long");
  if (!std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; }))
    return bad_url(
        "has blanks or characters that are not ASCII: escape them with %, and give "
        "hosts in their xn-- form");
  const auto scheme_end = url.find("://");
  auto scheme = std::string(url.substr(0, scheme_end));
  std::ranges::transform(scheme, scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  target.is_tls = scheme == "https";
  if (scheme_end == std::string_view::npos || (scheme != "http" && !target.is_tls))
    return bad_url("must begin with https:// or http://");
  const auto rest = url.substr(scheme_end + 3);
  if (rest.find('#') != std::string_view::npos) return bad_url("must not have a fragment (#)");
  if (rest.find('\\') != std::string_view::npos) return bad_url("must not have a backslash");
  const auto path_begin = std::min(rest.find_first_of("/?"), rest.size());
  const auto where = rest.substr(0, path_begin);
  if (where.find('@') != std::string_view::npos)
    return bad_url("must not have a user or password: a path that nobody guesses does the same");
  constexpr std::size_t host_chars_max = 253;  // RFC 1035, 2.3.4
  const auto named = parse_authority(where);
  if (!named || named->host.size() > host_chars_max || where.find('%') != std::string_view::npos)
    return bad_url("names no valid host");
  target.port = target.is_tls ? 443 : 80;
  if (!named->port.empty()) {
    const auto* end = named->port.data() + named->port.size();
    const auto [stop, ec] = std::from_chars(named->port.data(), end, target.port);
    if (ec != std::errc{} || stop != end || target.port == 0) return bad_url("names no valid port");
  }
  target.host = named->host;
  target.authority = where;
  target.path = rest.substr(path_begin);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  return target;
}

reach reach_of(const asio::ip::address& address) {
  return address.is_v4() ? reach_of_v4(address.to_v4().to_uint()) : reach_of_v6(address.to_v6());
}

}  // namespace chat
