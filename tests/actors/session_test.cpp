// Tokens: who gets in, who does not, and what a session then counts.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

std::string naming(const std::string& session_id) {
  return R"({"sessionId":")" + session_id + "\"}";
}

/// "sent/received" as chat-status tells it.
std::string metrics(test_node& node, const std::string& session_id) {
  const auto json = node.call("chat-status", naming(session_id));
  return at(json, "/data/metrics/messagesSent") + '/' + at(json, "/data/metrics/messagesReceived");
}

}  // namespace

TEST_CASE("a token opens one connection and no second", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto first = node.present(ada.token, "general");
  auto second = node.present(ada.token, "general");
  CHECK(first->closed == 0);
  CHECK(first->frames.size() == 1);
  CHECK(second->closed == 4001);
  CHECK(second->frames.empty());
  CHECK(node.state_of(ada.session_id) == "connected");
}

TEST_CASE("a token presented twice at once opens one connection", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto first = node.connect();
  auto second = node.connect();
  caf::anon_send(node.hub, present_token{ada.token, "general", first});
  caf::anon_send(node.hub, present_token{ada.token, "general", second});
  node.run();
  CHECK(first->closed == 0);
  CHECK(second->closed == 4001);
}

TEST_CASE("a token of a lost connection is used up", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  node.lose(node.present(ada.token, "general"));
  CHECK(node.present(ada.token, "general")->closed == 4001);
}

TEST_CASE("a token is good until five minutes are over", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  const auto bob = node.open("general", "Bob");
  node.advance(std::chrono::minutes(5) - std::chrono::milliseconds(1));
  CHECK(node.present(ada.token, "general")->closed == 0);
  node.advance(std::chrono::milliseconds(1));
  CHECK(node.present(bob.token, "general")->closed == 4002);
  node.advance(std::chrono::seconds(1));  // the hub looks once a second
  CHECK(node.state_of(bob.session_id) == "expired");
}

TEST_CASE("a late token is refused even before anybody looked after it", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto out = node.connect();
  const auto session = node.session(ada.session_id);
  caf::anon_send(session, redeem{*node.signer.verify(ada.token), {ada.token, "general", out}});
  // Time passes while the message lies in the mailbox; the session is looked at first thing.
  node.scheduler.advance_time(std::chrono::minutes(5));
  node.scheduler.prioritize(session);
  node.run();
  CHECK(out->closed == 4002);
}

TEST_CASE("a token for another room is refused and stays good", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  CHECK(node.present(ada.token, "tiny")->closed == 4003);
  CHECK(node.present(ada.token, "nowhere")->closed == 4003);
  CHECK(node.state_of(ada.session_id) == "pending");
  CHECK(node.present(ada.token, "general")->closed == 0);
}

TEST_CASE("whoever does not know the secret gets in nowhere and spoils nothing", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  const auto bob = node.open("general", "Bob");
  auto wrong = ada.token;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  CHECK(node.present(wrong, "general")->closed == 4001);
  CHECK(node.present(ada.session_id + bob.token.substr(ada.session_id.size()), "general")->closed ==
        4001);
  CHECK(node.present(ada.session_id, "general")->closed == 4001);
  CHECK(node.present("", "general")->closed == 4001);
  CHECK(node.present("x", "general")->closed == 4001);
  // Not even whether the room was right is told without the secret.
  CHECK(node.present(wrong, "tiny")->closed == 4001);
  CHECK(node.present(ada.token, "general")->closed == 0);
}

TEST_CASE("a token of an ended session says that it ended", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  REQUIRE(node.outcome("chat-disconnect", naming(ada.session_id)) == "OK");
  CHECK(node.present(ada.token, "general")->closed == 4006);
}

TEST_CASE("ending a session closes its connection and tells the others", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto out = node.present(ada.token, "general");
  auto bob = node.join("general", "Bob");
  REQUIRE(node.outcome("chat-disconnect", naming(ada.session_id)) == "OK");
  CHECK(out->closed == 4006);
  CHECK(bob->of_type("user_left").size() == 1);
  CHECK(node.state_of(ada.session_id) == "closed");
  CHECK(node.outcome("chat-disconnect", naming(ada.session_id)) == "SESSION_CLOSED");
  node.lose(out);  // the socket goes afterwards: that changes nothing
  CHECK(node.state_of(ada.session_id) == "closed");
  CHECK(bob->of_type("user_left").size() == 1);
}

TEST_CASE("a session ended while it joins does not stay in the room", "[actors]") {
  test_node node;
  auto bob = node.join("general", "Bob");
  const auto ada = node.open("general", "Ada");
  auto out = node.connect();
  const auto session = node.session(ada.session_id);
  caf::anon_send(session, redeem{*node.signer.verify(ada.token), {ada.token, "general", out}});
  caf::anon_send(session, end_session{});
  node.run();
  CHECK(out->closed == 4006);
  CHECK(node.state_of(ada.session_id) == "closed");
  CHECK(bob->of_type("user_left").size() == bob->of_type("user_joined").size());
  CHECK(at(node.call("chat-rooms", R"({"search":"general"})"), "/data/rooms/0/participants") ==
        "1");
}

TEST_CASE("a session that expires while it joins is closed as expired", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto out = node.connect();
  const auto session = node.session(ada.session_id);
  caf::anon_send(session, redeem{*node.signer.verify(ada.token), {ada.token, "general", out}});
  node.run_one();  // the session asks the room, which is busy …
  node.scheduler.advance_time(std::chrono::minutes(5));
  caf::anon_send(session, deadline_passed{});
  REQUIRE(node.scheduler.prioritize(session));  // … until after the deadline
  node.run();
  CHECK(out->closed == 4002);
  CHECK(node.state_of(ada.session_id) == "expired");
}

TEST_CASE("a connection gone before its welcome leaves the room again", "[actors]") {
  test_node node;
  auto bob = node.join("general", "Bob");
  const auto ada = node.open("general", "Ada");
  auto out = node.connect();
  out->gone = true;
  caf::anon_send(node.hub, present_token{ada.token, "general", out});
  node.run();
  CHECK(node.state_of(ada.session_id) == "disconnected");
  CHECK(bob->of_type("user_joined").size() == 1);
  CHECK(bob->of_type("user_left").size() == 1);
}

TEST_CASE("events of a connection the session gave up get a receipt and nothing else", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto out = node.present(ada.token, "general");
  auto bob = node.join("general", "Bob");
  REQUIRE(node.outcome("chat-disconnect", naming(ada.session_id)) == "OK");
  const auto frames = out->frames.size();
  node.post(out, "ghost");
  caf::anon_send(out->session, typing{out});
  caf::anon_send(out->session, react{"m0000000000000001", "👍", out});
  node.run();
  CHECK(out->receipts == 3);
  CHECK(out->frames.size() == frames);
  CHECK(bob->of_type("message").empty());
  CHECK(bob->of_type("typing").empty());
}

TEST_CASE("a session belongs to the user who opened it", "[actors]") {
  test_node node;
  const caller eve = user("eve", "Eve");
  const auto ada = node.open("general", "Ada");
  const auto send = R"({"roomId":"general","text":"x","sessionId":")" + ada.session_id + "\"}";
  CHECK(node.outcome("chat-status", naming(ada.session_id), eve) == "FORBIDDEN");
  CHECK(node.outcome("chat-disconnect", naming(ada.session_id), eve) == "FORBIDDEN");
  CHECK(node.outcome("chat-send", send, eve) == "FORBIDDEN");
  CHECK(node.state_of(ada.session_id) == "pending");
  CHECK(node.history("general").empty());
  CHECK(node.outcome("chat-send", send) == "OK");
  const auto hers = node.open("general", "Eve", eve);
  CHECK(node.outcome("chat-status", naming(hers.session_id), eve) == "OK");
  CHECK(node.outcome("chat-status", naming(hers.session_id)) == "FORBIDDEN");
}

TEST_CASE("a session counts what it sent, by socket and by command", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  CHECK(metrics(node, ada.session_id) == "0/0");
  auto out = node.present(ada.token, "general");
  node.post(out, "one");
  node.post(out, "two", "c1");
  node.post(out, "two", "c1");  // a retry
  node.run();
  node.call("chat-send",
            R"({"roomId":"general","text":"three","sessionId":")" + ada.session_id + "\"}");
  CHECK(metrics(node, ada.session_id) == "3/3");
  CHECK(at(node.call("chat-disconnect", naming(ada.session_id)), "/data/messagesSent") == "3");
}

TEST_CASE("a session receives what comes while it is connected", "[actors]") {
  test_node node;
  auto bob = node.join("general", "Bob");
  node.post(bob, "before");
  node.run();
  const auto ada = node.open("general", "Ada");
  auto out = node.present(ada.token, "general");
  for (int i = 0; i < 3; ++i) node.post(bob, "meanwhile");
  node.run();
  CHECK(metrics(node, ada.session_id) == "0/3");
  node.lose(out);
  node.post(bob, "after");
  node.run();
  CHECK(metrics(node, ada.session_id) == "0/3");
}
