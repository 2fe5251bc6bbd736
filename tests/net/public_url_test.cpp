#include "net/public_url.hpp"

#include <catch2/catch.hpp>

#include "net/http_config.hpp"

namespace chat::test {

namespace {

http_request request_for(std::string_view target, const char* host,
                         std::vector<std::pair<const char*, const char*>> headers = {}) {
  http_request::message raw;
  raw.version(11);
  raw.target({target.data(), target.size()});
  raw.set(http::field::host, host);
  for (const auto& [name, value] : headers) raw.set(name, value);
  return {std::move(raw), "10.0.0.1"};
}

}  // namespace

TEST_CASE("a public URL has scheme, host, port and path", "[net]") {
  struct row {
    std::string_view text;
    std::string_view for_http;  // empty: refused
    std::string_view for_websockets = {};
  };
  const row rows[] = {
      {"https://example.org", "https://example.org", "wss://example.org"},
      {"https://example.org/", "https://example.org", "wss://example.org"},
      {"https://example.org:8443/chat", "https://example.org:8443/chat",
       "wss://example.org:8443/chat"},
      {"wss://example.org/a/b/", "https://example.org/a/b", "wss://example.org/a/b"},
      {"ws://[::1]:9", "http://[::1]:9", "ws://[::1]:9"},
      {"http://chat.example", "http://chat.example", "ws://chat.example"},
      {"", ""},
      {"example.org", ""},
      {"ftp://example.org", ""},
      {"https://", ""},
      {"https:///chat", ""},
      {"https://a b", ""},
      {"https://me@example.org", ""},
      {"https://example.org:0", ""},
      {"https://example.org:70000", ""},
      {"https://example.org?x=1", ""},
      {"https://example.org/chat?x=1", ""},
      {"https://example.org/chat#x", ""},
      {"https://example.org//chat", ""},
      {"https://example.org/../chat", ""},
      {"https://example.org/%63hat", ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const auto url = parse_public_url(r.text);
    REQUIRE(url.has_value() == !r.for_http.empty());
    if (!url) continue;
    CHECK(url->for_http() == r.for_http);
    CHECK(url->for_websockets() == r.for_websockets);
  }
}

TEST_CASE("the node is where its client sees it", "[net]") {
  node_counters counters;
  http_config config{.counters = counters};
  const auto seen = [&](const char* host,
                        std::vector<std::pair<const char*, const char*>> headers = {}) {
    auto request = request_for("/rpc", host, std::move(headers));
    look_behind_proxies(request, config);
    return url_of_node(request, config).for_http();
  };
  CHECK(seen("localhost:3100") == "http://localhost:3100");
  CHECK(seen("a.example", {{"X-Forwarded-Host", "b.example"}}) == "http://a.example");

  for (const auto* url : {"https://example.org/chat", "https://inside.example:8443"})
    config.public_urls.push_back(*parse_public_url(url));
  CHECK(seen("example.org") == "https://example.org/chat");
  CHECK(seen("Example.org:443") == "https://example.org/chat");
  CHECK(seen("inside.example:8443") == "https://inside.example:8443");
  CHECK(seen("inside.example") == "https://example.org/chat");  // another port: nobody's name
  CHECK(seen("127.0.0.1:3100") == "https://example.org/chat");
  CHECK(seen("127.0.0.1:3100", {{"X-Forwarded-Host", "b.example"}}) == "https://example.org/chat");

  config.proxies.add("10.0.0.0/8");
  CHECK(seen("127.0.0.1:3100", {{"X-Forwarded-Host", "b.example"}}) == "http://b.example");
  CHECK(seen("127.0.0.1:3100", {{"X-Forwarded-Host", "b.example"},
                                {"X-Forwarded-Proto", "https"},
                                {"X-Forwarded-Prefix", "/x"}}) == "https://b.example/x");
  CHECK(seen("127.0.0.1:3100", {{"X-Forwarded-Host", "example.org"}}) ==
        "https://example.org/chat");
  CHECK(seen("127.0.0.1:3100", {{"X-Forwarded-Host", "example.org"},
                                {"X-Forwarded-Prefix", "/y"}}) == "https://example.org/y");
  CHECK(seen("127.0.0.1:3100") == "https://example.org/chat");
  config.public_urls.clear();
  CHECK(seen("a.example", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Prefix", "/x"}}) ==
        "https://a.example/x");
}

TEST_CASE("doors work under the path of a public URL, and with a slash at the end", "[net]") {
  node_counters counters;
  http_config config{.counters = counters};
  config.public_urls.push_back(*parse_public_url("https://example.org/chat"));
  config.proxies.add("10.0.0.1");
  const auto path = [&](std::string_view target, const char* prefix = "") {
    auto request = request_for(target, "example.org", {{"X-Forwarded-Prefix", prefix}});
    look_behind_proxies(request, config);
    CHECK(request.sent_path() == target.substr(0, target.find('?')));
    return std::string(request.path());
  };
  CHECK(path("/rpc") == "/rpc");
  CHECK(path("/chat/rpc") == "/rpc");
  CHECK(path("/chat/rpc/?x=1") == "/rpc");
  CHECK(path("/chat/") == "/");
  CHECK(path("/chat") == "/");
  CHECK(path("/chatter") == "/chatter");
  CHECK(path("/chat//") == "/");
  CHECK(path("/x/rpc", "/x") == "/rpc");
  CHECK(path("/chat/rpc", "/x") == "/rpc");  // the proxy has taken its own away
  CHECK(path("/") == "/");
  CHECK(path("/mcp/") == "/mcp");
  CHECK(path("/mcp//") == "/mcp/");
}

}  // namespace chat::test
