#include "net/origin_check.hpp"

#include <catch2/catch.hpp>

#include "net/http_message.hpp"

namespace chat {

struct row {
  std::string_view host;
  std::string_view origin;  // empty: none
  std::string_view site;    // Sec-Fetch-Site; empty: none
  std::string_view outcome;
};

std::string check(const origin_policy& policy, const row& r, unsigned version = 11) {
  http_request::message raw;
  raw.version(version);
  const auto set = [&](auto name, std::string_view value) {
    if (!value.empty()) raw.set(name, {value.data(), value.size()});
  };
  set(http::field::host, r.host);
  set(http::field::origin, r.origin);
  set("Sec-Fetch-Site", r.site);
  const auto why = policy.check(http_request(std::move(raw), ""));
  return why ? std::string(to_string(why->code)) : "ok";
}

TEST_CASE("by default only this machine may call, by its loopback names", "[net]") {
  const origin_policy policy({}, {"127.0.0.1"});
  const row rows[] = {
      {"localhost", "", "", "ok"},
      {"LocalHost:3100", "", "", "ok"},
      {"127.0.0.1:3100", "", "", "ok"},
      {"127.9.9.9", "", "", "ok"},
      {"[::1]:3100", "", "", "ok"},
      {"evil.example", "", "", "HOST_REFUSED"},
      {"evil.example:3100", "http://evil.example:3100", "", "HOST_REFUSED"},
      {"localhost.evil.example", "", "", "HOST_REFUSED"},
      {"127.0.0.1.evil.example", "", "", "HOST_REFUSED"},
      {"127.1", "", "", "HOST_REFUSED"},
      {"0x7f000001", "", "", "HOST_REFUSED"},
      {"0.0.0.0", "", "", "HOST_REFUSED"},
      {"192.168.1.2", "", "", "HOST_REFUSED"},
      {"[::2]", "", "", "HOST_REFUSED"},
      {"[::1", "", "", "HOST_REFUSED"},
      {"localhost:", "", "", "ok"},
      {"localhost:31x", "", "", "HOST_REFUSED"},
      {"localhost:310000", "", "", "HOST_REFUSED"},
      {"user@localhost", "", "", "HOST_REFUSED"},
      {"localhost/x", "", "", "HOST_REFUSED"},
      {"localhost, evil.example", "", "", "HOST_REFUSED"},
      {"", "", "", "HOST_REFUSED"},
      {"localhost", "http://localhost:5173", "", "ok"},
      {"localhost", "https://127.0.0.1", "", "ok"},
      {"localhost", "http://[::1]:8080", "", "ok"},
      {"localhost", "null", "", "ORIGIN_REFUSED"},
      {"localhost", "http://evil.example", "", "ORIGIN_REFUSED"},
      {"localhost", "http://localhost.evil.example", "", "ORIGIN_REFUSED"},
      {"localhost", "http://localhost:80@evil.example", "", "ORIGIN_REFUSED"},
      {"localhost", "file://", "", "ORIGIN_REFUSED"},
      {"localhost", "ftp://localhost", "", "ORIGIN_REFUSED"},
      {"localhost", "localhost", "", "ORIGIN_REFUSED"},
      {"localhost", "http://localhost/", "", "ORIGIN_REFUSED"},
      {"localhost", "http://localhost, http://evil.example", "", "ORIGIN_REFUSED"},
      {"localhost", "", "same-origin", "ok"},
      {"localhost", "", "none", "ok"},
      {"localhost", "", "cross-site", "ORIGIN_REFUSED"},
      {"localhost", "http://localhost:1", "cross-site", "ok"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.host, r.origin, r.site);
    CHECK(check(policy, r) == r.outcome);
  }
  CHECK(check(policy, {"", "", "", ""}, 10) == "ok");
}

TEST_CASE("a link on another site leads here, and that is all", "[net]") {
  struct row {
    http::verb method;
    std::string_view mode;
    std::string_view dest;
    bool passes;
  };
  const row rows[] = {
      {http::verb::get, "navigate", "document", true},
      {http::verb::head, "navigate", "document", true},
      {http::verb::post, "navigate", "document", false},
      {http::verb::get, "navigate", "iframe", false},
      {http::verb::get, "no-cors", "script", false},
      {http::verb::get, "no-cors", "document", false},
      {http::verb::get, "", "", false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.mode, r.dest);
    http_request::message raw;
    raw.method(r.method);
    raw.version(11);
    raw.set(http::field::host, "localhost");
    raw.set("Sec-Fetch-Site", "cross-site");
    if (!r.mode.empty()) raw.set("Sec-Fetch-Mode", {r.mode.data(), r.mode.size()});
    if (!r.dest.empty()) raw.set("Sec-Fetch-Dest", {r.dest.data(), r.dest.size()});
    CHECK(origin_policy().check(http_request(std::move(raw), "")).has_value() != r.passes);
  }
}

TEST_CASE("the public URL is a name of the node, and its pages may call", "[net]") {
  const origin_policy policy({"wss://Chat.example"}, {"10.0.0.5"});
  const row rows[] = {
      {"chat.example", "", "", "ok"},
      {"chat.example:443", "https://chat.example", "", "ok"},
      {"chat.example", "https://chat.example:443", "", "ok"},
      {"localhost", "https://chat.example", "", "ok"},
      {"localhost", "http://chat.example", "", "ORIGIN_REFUSED"},
      {"localhost", "https://chat.example:8443", "", "ORIGIN_REFUSED"},
      {"chat.example:8443", "https://chat.example:8443", "", "ok"},
      {"other.example", "", "", "HOST_REFUSED"},
      {"10.0.0.5:3100", "http://10.0.0.5:3100", "", "ok"},
      {"10.0.0.5:3100", "http://10.0.0.5:3101", "", "ORIGIN_REFUSED"},
      {"10.0.0.6", "", "", "HOST_REFUSED"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.host, r.origin);
    CHECK(check(policy, r) == r.outcome);
  }
}

TEST_CASE("a node on all addresses is known by each address, but by no name", "[net]") {
  const origin_policy policy({}, {"0.0.0.0"});
  CHECK(check(policy, {"192.168.1.2:3100", "", "", ""}) == "ok");
  CHECK(check(policy, {"[fe80::1]:3100", "", "", ""}) == "ok");
  CHECK(check(policy, {"192.168.1.2", "http://192.168.1.3", "", ""}) == "ORIGIN_REFUSED");
  CHECK(check(policy, {"evil.example", "", "", ""}) == "HOST_REFUSED");
}

TEST_CASE("all public URLs are names of the node, whatever their paths", "[net]") {
  const origin_policy policy({"https://a.example/chat", "ws://b.example:8080"}, {"10.0.0.5"});
  CHECK(check(policy, {"a.example", "https://a.example", "", ""}) == "ok");
  CHECK(check(policy, {"b.example", "http://b.example:8080", "", ""}) == "ok");
  CHECK(check(policy, {"localhost", "https://b.example:8080", "", ""}) == "ORIGIN_REFUSED");
  CHECK(check(policy, {"c.example", "", "", ""}) == "HOST_REFUSED");
}

TEST_CASE("pages without an origin may call only where that is said", "[net]") {
  const row from_file{"localhost", "null", "cross-site", ""};
  CHECK(check({{}, {"127.0.0.1"}}, from_file) == "ORIGIN_REFUSED");
  CHECK(check({{}, {"127.0.0.1"}, {"https://a.example"}}, from_file) == "ORIGIN_REFUSED");
  CHECK(check({{}, {"127.0.0.1"}, {"null"}}, from_file) == "ok");
  CHECK(check({{}, {"127.0.0.1"}, {"null"}}, {"evil.example", "null", "", ""}) == "HOST_REFUSED");
}

}  // namespace chat
