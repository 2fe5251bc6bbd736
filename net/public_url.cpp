#include "net/public_url.hpp"

#include <algorithm>
#include <charconv>

#include "net/asio.hpp"
#include "net/http_config.hpp"

namespace chat {

namespace {

bool is_port_number(std::string_view text) {
  unsigned short number = 0;
  const auto end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, number);
  return ec == std::errc{} && stop == end && number > 0;
}

// A host as a Host header has it, where each scheme's own port may be left out.
bool is_same_host(const public_url& url, std::string_view host) {
  const auto a = parse_authority(url.host);
  const auto b = parse_authority(host);
  const std::string_view usual = url.is_secure ? "443" : "80";
  const auto port = [&](const authority& of) { return of.port.empty() ? usual : of.port; };
  return a && b && a->host == b->host && port(*a) == port(*b);
}

bool is_under(std::string_view path, std::string_view base) {
  return !base.empty() && path.starts_with(base) &&
         (path.size() == base.size() || path[base.size()] == '/');
}

}  // namespace

std::optional<public_url> parse_public_url(std::string_view text) {
  public_url url;
  bool is_known = false;
  for (const auto& [scheme, is_secure] : {std::pair("https://", true), std::pair("wss://", true),
                                          std::pair("http://", false), std::pair("ws://", false)}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(std::string_view(scheme).size());
    url.is_secure = is_secure;
    is_known = true;
    break;
  }
  const auto slash = std::min(text.find('/'), text.size());
  const auto where = parse_authority(text.substr(0, slash));
  auto path = parse_base_path(text.substr(slash));
  if (!is_known || !where || !path || (!where->port.empty() && !is_port_number(where->port)))
    return std::nullopt;
  url.host = text.substr(0, slash);
  url.path = std::move(*path);
  return url;
}

public_url url_of_node(const http_request& request, const http_config& config) {
  const std::string host(request.host().empty() ? config.default_host : request.host());
  const auto& all = config.public_urls;
  const auto same =
      std::ranges::find_if(all, [&](const public_url& url) { return is_same_host(url, host); });
  const auto& proxy = request.proxy();
  if (proxy && !proxy->host.empty()) {
    public_url url{request.is_secure(), host, proxy->prefix};
    if (same != all.end() && proxy->proto.empty()) url.is_secure = same->is_secure;
    if (same != all.end() && proxy->prefix.empty()) url.path = same->path;
    return url;
  }
  if (same != all.end()) return *same;
  if (!all.empty()) return all.front();
  return {request.is_secure(), host, proxy ? proxy->prefix : ""};
}

void look_behind_proxies(http_request& request, const http_config& config) {
  if (!config.proxies.empty()) {
    error_code ec;
    const auto peer = asio::ip::make_address(request.peer(), ec);
    if (!ec) request.set_proxy(read_forwarded(request.raw(), peer, config.proxies));
  }
  const auto path = request.path();
  if (const auto& proxy = request.proxy(); proxy && is_under(path, proxy->prefix))
    return request.set_base_path(proxy->prefix.size());
  for (const auto& url : config.public_urls)
    if (is_under(path, url.path)) return request.set_base_path(url.path.size());
}

}  // namespace chat
