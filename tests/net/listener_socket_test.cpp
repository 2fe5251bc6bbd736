#include <fcntl.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

TEST_CASE("an address to listen on is an address and a port", "[net]") {
  const auto parse = [](std::string_view text) {
    const auto where = parse_listen_address(text);
    return where ? to_url(*where) : "refused: " + where.error().suggestion;
  };
  CHECK(parse("127.0.0.1:3100") == "http://127.0.0.1:3100");
  CHECK(parse("localhost:0") == "http://127.0.0.1:0");
  CHECK(parse("[::1]:65535") == "http://[::1]:65535");
  CHECK(parse("http://0.0.0.0:80") == "http://0.0.0.0:80");
  CHECK(parse("https://localhost:443") == "https://127.0.0.1:443");
  CHECK(to_url(*parse_listen_address("[::1]:1", transport::tls)) == "https://[::1]:1");
  for (const auto* bad :
       {"", ":", "3100", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:80 ", "example.com:80", "1.2.3:80", "[::1:80", "127.0.0.1:80:80",
        "ftp://127.0.0.1:80", "http://https://127.0.0.1:80", "https://127.0.0.1:80/"}) {
    CAPTURE(bad);
    CHECK(parse(bad).starts_with("refused: Give address and port"));
  }
}

TEST_CASE("a port that is taken is one clear failure", "[net][socket]") {
  http_node node;
  loop home;
  listener second({&home}, node.places, [](socket_ptr, transport) {});
  const auto where = second.listen({{asio::ip::address_v4::loopback(), node.port}});
  REQUIRE_FALSE(where);
  CHECK(where.error().message ==
        "Cannot listen on 127.0.0.1:" + std::to_string(node.port) + ": Address already in use");
  CHECK_FALSE(second.listen({{asio::ip::make_address("192.0.2.1"), 0}}));
}

TEST_CASE("connections go to the loops in turn", "[net][socket]") {
  http_node node({}, 3);
  std::vector<http_client> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(node.connect());
    clients.back().ask(get("/health"));
  }
  for (auto& l : node.loops) {
    std::promise<std::size_t> count;
    l->post([&] { count.set_value(l->watched_count()); });
    CHECK(count.get_future().get() == 3);
  }
}

TEST_CASE("over its limit a node refuses connections until some have gone", "[net][socket]") {
  http_node node({}, 2, {.connections = 2});
  std::optional<http_client> a(node.connect());
  auto b = node.connect();
  a->ask(get("/health"));
  b.ask(get("/health"));
  auto c = node.connect();
  const auto answer = c.read_answer();
  CHECK(answer.status == 503);
  CHECK(text_at(answer.body, "/error/code") == "OVERLOADED");
  CHECK(c.read_to_end().empty());
  CHECK(read(node.counters.connections_refused) == 1);
  a.reset();
  CHECK(node.becomes([&] { return read(node.counters.connections) == 1; }));
  CHECK(node.ask(get("/health")).status == 200);
}

TEST_CASE("an address has only so many connections", "[net][socket]") {
  http_node node({}, 2, {.of_address = 2, .loopback_is_exempt = false});
  std::optional<http_client> a(node.connect());
  auto b = node.connect();
  a->ask(get("/health"));
  b.ask(get("/health"));
  const auto answer = node.connect().read_answer();
  CHECK(answer.status == 429);
  CHECK(text_at(answer.body, "/error/code") == "RATE_LIMITED");
  CHECK(read(node.counters.address_refused) == 1);
  CHECK(read(node.counters.connections_refused) == 1);
  a.reset();
  CHECK(node.becomes([&] { return read(node.counters.connections) == 1; }));
  CHECK(node.ask(get("/health")).status == 200);
}

TEST_CASE("strangers take only their share of the connections", "[net][socket]") {
  http_node node(
      [](http_config& config) {
        config.authenticate = [](std::string_view shown, const std::string&) -> result<caller> {
          if (shown.empty()) return tl::unexpected(make_failure(errc::unauthorized, "Who?"));
          return local_user();
        };
      },
      2, {.connections = 10, .unknown = 2});
  const auto ask = [&](http_client& from, bool shows) {
    return from
        .ask(post("/rpc", R"({"jsonrpc":"2.0","id":1,"method":"chat-rooms"})",
                  shows ? "Authorization: Bearer x\r\n" : ""))
        .status;
  };
  std::vector<http_client> known;
  for (int i = 0; i < 5; ++i) {
    known.push_back(node.connect());
    CHECK(ask(known.back(), true) == 200);
  }
  CHECK(read(node.counters.connections_unknown) == 0);
  auto a = node.connect();
  auto b = node.connect();
  CHECK(ask(a, false) == 401);
  CHECK(ask(b, false) == 401);
  CHECK(read(node.counters.credentials_refused) == 2);
  CHECK(read(node.counters.connections_unknown) == 2);
  const auto refused = node.connect().read_answer();
  CHECK(refused.status == 503);
  CHECK(read(node.counters.unknown_refused) == 1);
  CHECK(ask(a, true) == 200);  // and is one of them from now on
  auto c = node.connect();
  CHECK(ask(c, true) == 200);
  known.clear();
  CHECK(node.becomes([&] { return read(node.counters.connections) == 3; }));
  CHECK(read(node.counters.connections_unknown) == 1);
}

TEST_CASE("out of descriptors, who waits is served when there are some again", "[net][socket]") {
  http_node node({}, 1);
  auto first = node.connect();
  first.ask(get("/health"));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  std::vector<http_client> waiting;
  waiting.push_back(node.connect());
  waiting.back().ask(get("/health"));
  // The lowest number that is free is the next one: from there on none is given.
  const int next = ::dup(0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next + 1);
  setrlimit(RLIMIT_NOFILE, &none);
  http_client late(node.port);
  late.send(get("/health"));
  CHECK(node.becomes([&] { return read(node.counters.connections_refused) > 0; }));
  CHECK(first.ask(get("/health")).status == 200);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(late.read_answer().status == 200);
}

TEST_CASE("after stop nobody is let in, and those inside are served", "[net][socket]") {
  http_node node;
  auto inside = node.connect();
  inside.ask(get("/health"));
  node.entrance->stop();
  node.turn();
  CHECK_THROWS(node.connect());
  CHECK(inside.ask(get("/health")).status == 200);
}

}  // namespace chat::test
