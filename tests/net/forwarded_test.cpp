#include "net/forwarded.hpp"

#include <catch2/catch.hpp>

#include "net/http_list.hpp"

namespace chat::test {

namespace {

using boost::asio::ip::make_address;

trusted_proxies proxies_of(std::initializer_list<std::string_view> networks) {
  trusted_proxies all;
  for (const auto network : networks) REQUIRE(all.add(network));
  return all;
}

}  // namespace

TEST_CASE("networks are told apart to the bit", "[net]") {
  struct row {
    std::string_view network;
    const char* address;
    bool is_in;
  };
  const row rows[] = {
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"192.0.2.7", "::ffff:192.0.2.7", true},
      {"::ffff:192.0.2.7", "192.0.2.7", true},
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.1.2.3/8", "10.9.9.9", true},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"fd00::/8", "fd12::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::/0", "2001:db8::1", true},
      {"::1", "::1", true},
  };
  for (const auto& r : rows) {
    CAPTURE(r.network, r.address);
    CHECK(proxies_of({r.network}).has(make_address(r.address)) == r.is_in);
  }
  trusted_proxies none;
  for (const auto* text : {"", "/", "x", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
                           "10.0.0/8", "::/129", "localhost", "10.0.0.1:80"}) {
    CAPTURE(text);
    CHECK_FALSE(none.add(text));
  }
  CHECK_FALSE(none.has(make_address("10.0.0.1")));
}

TEST_CASE("a trusted proxy's word names client and node, nobody else's does", "[net]") {
  using headers = std::vector<std::pair<const char*, const char*>>;
  struct row {
    headers sent;
    const char* client;
    std::string_view proto = {};
    std::string_view host = {};
    std::string_view prefix = {};
  };
  const row rows[] = {
      {{}, "10.0.0.1"},
      {{{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      // What stands left of the client is the client's own word.
      {{{"X-Forwarded-For", "1.2.3.4, 203.0.113.9"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "1.2.3.4, 203.0.113.9, 10.7.7.7"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "10.1.1.1, 10.2.2.2"}}, "10.1.1.1"},
      {{{"X-Forwarded-For", "1.2.3.4,, 203.0.113.9 ,"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "::ffff:203.0.113.9"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "[2001:db8::9]:4711"}}, "2001:db8::9"},
      {{{"X-Forwarded-For", "2001:db8::9"}}, "2001:db8::9"},
      // Who hides somebody is the last one known.
      {{{"X-Forwarded-For", "1.2.3.4, unknown, 10.7.7.7"}}, "10.7.7.7"},
      {{{"X-Forwarded-For", "nonsense"}}, "10.0.0.1"},
      {{{"Forwarded", "for=203.0.113.9"}}, "203.0.113.9"},
      {{{"Forwarded", "for=1.2.3.4, For=\"[2001:db8::9]:4711\";proto=https;host=\"a.example:8\""}},
       "2001:db8::9",
       "https",
       "a.example:8"},
      {{{"Forwarded", "for=_hidden;proto=http"}}, "10.0.0.1", "http"},
      {{{"Forwarded", "for=\"1.2.3.4, 5\", for=203.0.113.9"}}, "203.0.113.9"},
      {{{"Forwarded", "for=1.2.3.4"}, {"Forwarded", "for=203.0.113.9;by=10.0.0.1"}}, "203.0.113.9"},
      // nginx and most others write this one, and let the client's own Forwarded through.
      {{{"Forwarded", "for=1.2.3.4"}, {"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      {{{"X-Forwarded-For", "203.0.113.9"},
        {"X-Forwarded-Proto", "https"},
        {"X-Forwarded-Host", "chat.example"},
        {"X-Forwarded-Prefix", "/chat/"}},
       "203.0.113.9",
       "https",
       "chat.example",
       "/chat"},
      // Of lists what the proxy wrote that names the client.
      {{{"X-Forwarded-For", "1.2.3.4, 203.0.113.9, 10.7.7.7"},
        {"X-Forwarded-Proto", "http, https, http"},
        {"X-Forwarded-Host", "evil.example, chat.example, inner"},
        {"X-Forwarded-Prefix", "/chat"}},
       "203.0.113.9",
       "https",
       "chat.example",
       "/chat"},
      {{{"X-Forwarded-Prefix", "//evil.example"}}, "10.0.0.1"},
      {{{"X-Forwarded-Prefix", "/a/../b"}}, "10.0.0.1"},
      {{{"X-Forwarded-Prefix", "chat"}}, "10.0.0.1"},
      {{{"X-Forwarded-Prefix", "/a\"b"}}, "10.0.0.1"},
  };
  const auto proxies = proxies_of({"10.0.0.0/8"});
  for (const auto& r : rows) {
    boost::beast::http::fields head;
    for (const auto& [name, value] : r.sent) {
      UNSCOPED_INFO(name << ": " << value);
      head.insert(name, value);
    }
    combine_list_headers(head);
    const auto said = read_forwarded(head, make_address("10.0.0.1"), proxies);
    REQUIRE(said);
    CHECK(said->client.to_string() == r.client);
    CHECK(said->proto == r.proto);
    CHECK(said->host == r.host);
    CHECK(said->prefix == r.prefix);
    CHECK_FALSE(read_forwarded(head, make_address("11.0.0.1"), proxies));
    CHECK_FALSE(read_forwarded(head, make_address("10.0.0.1"), {}));
  }
}

TEST_CASE("a list is read to its end, in quotes or not", "[net]") {
  std::string_view list = " a,\tb ,\"c, \\\" d\",, e";
  std::vector<std::string> all;
  while (!list.empty()) all.emplace_back(take_element(list));
  CHECK(all == std::vector<std::string>{"a", "b", "\"c, \\\" d\"", "", "e"});
  CHECK(has_element("keep-alive, Upgrade", "upgrade"));
  CHECK_FALSE(has_element("keep-alive, no-upgrade", "upgrade"));
  CHECK_FALSE(has_element("", "upgrade"));
}

}  // namespace chat::test
