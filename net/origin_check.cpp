#include "net/origin_check.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

#include "net/asio.hpp"
#include "net/http_message.hpp"

namespace chat {

namespace {

// What browsers send for a page that has no origin of its own (RFC 6454, 7.3).
constexpr std::string_view null_origin = "null";

std::optional<asio::ip::address> parse_address(std::string_view host) {
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec) return std::nullopt;
  return address;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_port(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Browsers leave out the scheme's own port.
std::string_view port_or_default(const authority& where, std::string_view scheme) {
  if (!where.port.empty()) return where.port;
  return scheme == "https" ? "443" : "80";
}

bool is_web(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

// Somebody goes to this node from another site, as by a link to a message. The browser shows the
// answer in a page of its own, and the other site learns nothing (Fetch Metadata, 2).
bool is_followed_link(const http_request& request) {
  return (request.method() == http::verb::get || request.method() == http::verb::head) &&
         beast::iequals(request.header("Sec-Fetch-Mode"), "navigate") &&
         beast::iequals(request.header("Sec-Fetch-Dest"), "document");
}

}  // namespace

std::optional<authority> parse_authority(std::string_view text) {
  authority parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto address = parse_address(text.substr(1, end - 1));
    if (!address || !address->is_v6()) return std::nullopt;
    parsed.host = address->to_string();
    rest = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    parsed.host = to_lower(text.substr(0, end));
    if (!std::all_of(parsed.host.begin(), parsed.host.end(), is_name_character))
      return std::nullopt;
    rest = text.substr(end);
  }
  if (parsed.host.empty()) return std::nullopt;
  if (!rest.empty()) {
    if (rest[0] != ':' || !is_port(rest.substr(1))) return std::nullopt;
    parsed.port = rest.substr(1);
  }
  return parsed;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = parse_address(host);
  return address && address->is_loopback();
}

std::optional<origin_policy::origin> origin_policy::parse(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  auto where = parse_authority(text.substr(colon + 3));
  if (!where) return std::nullopt;
  return origin{to_lower(text.substr(0, colon)), std::move(*where)};
}

bool origin_policy::is_same(const origin& a, const origin& b) {
  return a.scheme == b.scheme && a.where.host == b.where.host &&
         port_or_default(a.where, a.scheme) == port_or_default(b.where, b.scheme);
}

bool is_origin(std::string_view text) {
  const auto parsed = origin_policy::parse(text);
  return text == null_origin || (parsed && is_web(parsed->scheme));
}

void allow_to_read(http_response& answer, std::string_view origin) {
  auto& headers = answer.headers;
  headers.emplace_back("Access-Control-Allow-Origin", origin);
  headers.emplace_back("Access-Control-Expose-Headers", "Mcp-Session-Id, Retry-After");
  const auto vary = std::ranges::find(headers, "Vary", &std::pair<std::string, std::string>::first);
  if (vary == headers.end())
    headers.emplace_back("Vary", "Origin");
  else
    vary->second += ", Origin";
}

origin_policy::origin_policy(const std::vector<std::string>& public_urls,
                             const std::vector<std::string>& listen_hosts,
                             const std::vector<std::string>& origins) {
  for (const std::string_view url : public_urls) {
    const auto colon = url.find("://");
    auto named = parse(url.substr(0, url.find('/', colon + 3)));
    if (!named) continue;
    const bool is_secure = named->scheme == "wss" || named->scheme == "https";
    named->scheme = is_secure ? "https" : "http";
    public_.push_back(std::move(*named));
  }
  for (const auto& text : origins) {
    if (text == null_origin) allows_null_ = true;
    if (auto allowed = parse(text)) origins_.push_back(std::move(*allowed));
  }
  for (const auto& host : listen_hosts) {
    const auto address = parse_address(host);
    if (address && address->is_unspecified()) any_address_ = true;
    listen_hosts_.push_back(address ? address->to_string() : host);
  }
}

bool origin_policy::allows_host(const authority& host) const {
  return is_loopback(host.host) ||
         std::ranges::any_of(public_,
                             [&](const origin& url) { return url.where.host == host.host; }) ||
         std::find(listen_hosts_.begin(), listen_hosts_.end(), host.host) != listen_hosts_.end() ||
         (any_address_ && parse_address(host.host));
}

// A page that came without TLS may be anybody's: what is behind TLS is not of its origin. Without
// TLS here there may be some in front of us.
bool origin_policy::allows_origin(const http_request& request,
                                  const std::optional<authority>& host) const {
  if (request.origin() == null_origin) return allows_null_;
  const auto from = parse(request.origin());
  if (!from || !is_web(from->scheme)) return false;
  const bool may_be_ours = host && (from->scheme == "https" || !request.is_secure());
  return is_loopback(from->where.host) || (may_be_ours && is_same(*from, {from->scheme, *host})) ||
         std::ranges::any_of(public_, [&](const origin& url) { return is_same(*from, url); }) ||
         std::ranges::any_of(origins_,
                             [&](const origin& allowed) { return is_same(*from, allowed); });
}

std::optional<failure> origin_policy::check(const http_request& request) const {
  std::optional<authority> host;
  // Without a Host only HTTP/1.0 gets here, which no browser speaks.
  if (!request.host().empty() || request.raw().version() >= 11) {
    host = parse_authority(request.host());
    if (!host || !allows_host(*host))
      return make_failure(errc::host_refused, "This node is not known by the Host of the request");
  }
  if (request.has(http::field::origin)) {
    if (!allows_origin(request, host))
      return make_failure(errc::origin_refused, "Pages of this Origin may not call this node");
  } else if (beast::iequals(request.header("Sec-Fetch-Site"), "cross-site") &&
             !is_followed_link(request)) {
    return make_failure(errc::origin_refused, "Pages of other sites may not call this node");
  }
  return std::nullopt;
}

}  // namespace chat
