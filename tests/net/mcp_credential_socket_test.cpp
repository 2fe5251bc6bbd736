// What becomes of MCP sessions and streams when keys are revoked and tokens run out.

#include <catch2/catch.hpp>
#include <mutex>
#include <set>

#include "tests/net/mcp_client.hpp"

namespace chat::test {

using namespace std::chrono_literals;

namespace {

// Who shows a key that is not among these is nobody.
struct known_keys {
  std::mutex mutex;
  std::set<std::string> good{"Bearer one", "Bearer two"};

  void revoke(const std::string& key) {
    const std::lock_guard lock(mutex);
    good.erase(key);
  }
  void install(http_config& c) {
    c.credential_interval = 10ms;
    c.authenticate = [this](std::string_view shown, const std::string& peer) -> result<caller> {
      const std::lock_guard lock(mutex);
      if (good.contains(std::string(shown)))
        return caller{.user_id = "ada", .address = peer, .may = scope::write};
      return tl::unexpected(make_failure(errc::unauthorized, "This is no API key of this node"));
    };
  }
};

std::string key(std::string_view name) {
  return "Authorization: Bearer " + std::string(name) + "\r\n";
}

}  // namespace

TEST_CASE("a session follows the newest credential shown for it", "[net][socket]") {
  known_keys keys;
  http_node node([&](http_config& c) { keys.install(c); });
  const auto begun =
      node.ask(post("/mcp", rpc_body("initialize", "{}"), json_headers + key("one")));
  const auto id = "Mcp-Session-Id: " + begun.headers.at("mcp-session-id") + "\r\n";
  auto stream = node.connect();
  stream.send(get("/mcp", json_headers + key("one") + id));
  stream.read_until("\r\n\r\n");
  const auto of = node.config.sessions->find(begun.headers.at("mcp-session-id"), "ada");
  CHECK(node.ask(post("/mcp", rpc_body("ping"), json_headers + key("two") + id)).status == 200);
  keys.revoke("Bearer one");
  CHECK(of->who_now());
  of->send("\"still here\"");
  CHECK(stream.read_until("\n\n") == "event: message\ndata: \"still here\"\n\n");
  keys.revoke("Bearer two");
  const auto last = stream.read_until("\n\n");
  CHECK(last.find("notifications/message") != std::string::npos);
  CHECK(last.find("UNAUTHORIZED") != std::string::npos);
  CHECK(stream.read_to_end().empty());
  CHECK_FALSE(of->who_now());
}

TEST_CASE("streams without a session of /mcp end with their credential, too", "[net][socket]") {
  known_keys keys;
  http_node node([&](http_config& c) { keys.install(c); });
  auto events = node.connect();
  events.send(get("/sse", key("one")));
  events.read_until("\n\n");
  auto listens = node.connect();
  listens.send(post("/mcp", rpc_body("subscriptions/listen", meta_params(R"("notifications":{})")),
                    stateless_headers("subscriptions/listen") + key("two")));
  listens.read_until("subscriptions/acknowledged");
  keys.revoke("Bearer one");
  CHECK(events.read_until("\n\n").find("UNAUTHORIZED") != std::string::npos);
  CHECK(events.read_to_end().empty());
  keys.revoke("Bearer two");
  listens.read_until("UNAUTHORIZED");
  listens.read_to_end();
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 0; }));
}

TEST_CASE("a watch outlives a credential of its session", "[net][socket]") {
  known_keys keys;
  http_node node([&](http_config& c) { keys.install(c); });
  node.sink.set(command_sink::mode::keep);
  const auto begun =
      node.ask(post("/mcp", rpc_body("initialize", "{}"), json_headers + key("one")));
  const auto id = "Mcp-Session-Id: " + begun.headers.at("mcp-session-id") + "\r\n";
  auto client = node.connect();
  client.send(post("/mcp", rpc_body("resources/subscribe", R"({"uri":"chat://rooms/general"})"),
                   json_headers + key("one") + id));
  node.sink.next()->answer({R"({"success":true,"data":{"messages":[],"hasMore":false}})", true});
  CHECK(client.read_answer().status == 200);
  const auto parked = node.sink.next();
  CHECK(parked->is_paid);  // how often it is asked is not the user's doing
  CHECK(node.ask(post("/mcp", rpc_body("ping"), json_headers + key("two") + id)).status == 200);
  keys.revoke("Bearer one");
  parked->answer({R"({"success":true,"data":{"lastMessageId":"m0000000000000001"}})", true});
  CHECK(node.sink.next()->command == "chat-poll");
}

}  // namespace chat::test
