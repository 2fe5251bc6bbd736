// A session's states and their deadlines, in virtual time.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

struct one_session : test_node {
  one_session() : ada(open("general", "Ada")) {}
  std::string state() { return state_of(ada.session_id); }
  /// Advances second by second, as the hub looks.
  void pass(std::chrono::seconds time) {
    for (auto s = 0s; s < time; s += 1s) advance(1s);
  }
  credentials ada;
};

}  // namespace

TEST_CASE("a session is pending, connected, disconnected, and expires five minutes later",
          "[actors]") {
  one_session node;
  CHECK(node.state() == "pending");
  auto out = node.present(node.ada.token, "general");
  CHECK(node.state() == "connected");
  node.lose(out);
  CHECK(node.state() == "disconnected");
  node.pass(299s);
  CHECK(node.state() == "disconnected");
  node.pass(2s);
  CHECK(node.state() == "expired");
}

TEST_CASE("a session nobody connected expires with its token", "[actors]") {
  one_session node;
  node.pass(299s);
  CHECK(node.state() == "pending");
  node.pass(2s);
  CHECK(node.state() == "expired");
}

TEST_CASE("a silent connection is closed with 4002 after half an hour", "[actors]") {
  one_session node;
  auto out = node.present(node.ada.token, "general");
  auto bob = node.join("general", "Bob");
  node.advance(15min);
  caf::anon_send(bob->session, touch{});
  node.advance(15min - 2s);
  CHECK(node.state() == "connected");
  node.pass(3s);
  CHECK(out->closed == 4002);
  CHECK(node.state() == "expired");
  CHECK(bob->of_type("user_left").size() == 1);
  CHECK(bob->closed == 0);
}

TEST_CASE("whatever a client does keeps its session alive", "[actors]") {
  one_session node;
  auto out = node.present(node.ada.token, "general");
  const auto acts = std::vector<std::function<void()>>{
      [&] { node.post(out, "hi"); },
      [&] { caf::anon_send(out->session, typing{out}); },
      [&] {
        caf::anon_send(out->session, react{"m0000000000000001", "👍", out});
      },
      [&] { caf::anon_send(out->session, touch{}); },
      [&] {
        node.call("chat-send",
                  R"({"roomId":"general","text":"x","sessionId":")" + node.ada.session_id + "\"}");
      },
  };
  for (const auto& act : acts) {
    node.advance(29min);
    act();
    node.run();
    CHECK(node.state() == "connected");
  }
  node.advance(30min);
  node.pass(2s);
  CHECK(out->closed == 4002);
}

TEST_CASE("a session lives a day at most, however busy", "[actors]") {
  one_session node;
  auto out = node.present(node.ada.token, "general");
  for (int i = 0; i < 24 * 6 - 1; ++i) {
    node.advance(10min);
    caf::anon_send(out->session, touch{});
    node.run();
  }
  CHECK(out->closed == 0);
  node.advance(10min - 2s);
  caf::anon_send(out->session, touch{});
  node.run();
  CHECK(out->closed == 0);
  node.pass(3s);
  CHECK(out->closed == 4002);
  CHECK(node.state() == "expired");
}

TEST_CASE("an ended session is told of for ten minutes, then forgotten", "[actors]") {
  one_session node;
  const auto other = node.open("general", "Bob");
  node.call("chat-disconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
  CHECK(node.state() == "closed");
  node.pass(599s);
  CHECK(node.state() == "closed");
  CHECK(node.state_of(other.session_id) == "expired");  // five minutes ago
  node.pass(2s);
  CHECK(node.state() == "SESSION_NOT_FOUND");
  CHECK(node.present(node.ada.token, "general")->closed == 4001);
  CHECK(node.state_of(other.session_id) == "expired");
  node.pass(300s);
  CHECK(node.state_of(other.session_id) == "SESSION_NOT_FOUND");
}

TEST_CASE("a session that is over sends no more", "[actors]") {
  one_session node;
  const auto send = R"({"roomId":"general","text":"x","sessionId":")" + node.ada.session_id + "\"}";
  CHECK(node.outcome("chat-send", send) == "OK");  // while pending
  node.call("chat-disconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
  CHECK(node.outcome("chat-send", send) == "SESSION_CLOSED");
  CHECK(node.history("general") == "Ada: x");
}

TEST_CASE("the node counts its sessions by state", "[actors]") {
  one_session node;
  node.open("general", "pending");
  node.join("general", "connected");
  node.lose(node.join("general", "disconnected"));
  node.call("chat-disconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
  CHECK(at(node.call("node-status"), "/data/sessions") ==
        R"({"pending":1,"connected":1,"disconnected":1,"closed":1,"expired":0})");
}

TEST_CASE("shorter timeouts are kept as well", "[actors]") {
  test_node node({.timeouts = {.handoff = 1s, .idle = 2s, .reconnect = 3s}});
  const auto ada = node.open("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.advance(1s);
  CHECK(node.state_of(ada.session_id) == "expired");
  node.advance(1s);
  CHECK(bob->closed == 4002);
}
