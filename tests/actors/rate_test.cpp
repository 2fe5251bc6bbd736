// Who is too fast is told so, and how long to wait; nobody else notices.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

const rate_limits few{.on = true, .handoffs = {1, 2}, .commands = {5, 10}, .messages = {1, 3}};

struct hurried : test_node {
  hurried() : test_node({.rates = few}) {}
  /// How many calls pass before one is refused.
  int pass(const std::string& command, const std::string& input, const caller& who) {
    for (int i = 0;; ++i)
      if (outcome(command, input, who) == "RATE_LIMITED") return i;
  }
};

const caller hasty{"ada", "Ada", "192.0.2.1", scope::admin};
const caller bob{"bob", "Bob", "192.0.2.2", scope::admin};

}  // namespace

TEST_CASE("a user who calls too fast is told how long to wait", "[actors]") {
  hurried node;
  CHECK(node.pass("chat-rooms", "{}", hasty) == 10);
  const auto refused = node.call("chat-rooms", "{}", hasty);
  CHECK(at(refused, "/error/retryable") == "true");
  CHECK(at(refused, "/error/details/retryAfterSeconds") == "1");
  CHECK(text_at(refused, "/error/suggestion") != "absent");
  CHECK(node.outcome("chat-rooms", "{}", bob) == "OK");
  node.advance(200ms);
  CHECK(node.pass("chat-rooms", "{}", hasty) == 1);
  node.advance(1min);
  CHECK(node.pass("chat-rooms", "{}", hasty) == 10);
  CHECK(at(node.call("node-status", "{}", bob), "/data/dropped/rateLimited") == "4");
}

TEST_CASE("a known user counts from every address, and alone at each", "[actors]") {
  hurried node;
  CHECK(node.pass("chat-rooms", "{}", {"ada", "", "192.0.2.1", scope::admin}) == 10);
  CHECK(node.pass("chat-rooms", "{}", {"ada", "", "192.0.2.9", scope::admin}) == 0);
  // An office behind one router: each has all that a user has, handoffs as well.
  for (int i = 0; i < 40; ++i) {
    const caller one{"user" + std::to_string(i), "", "192.0.2.1", scope::admin};
    REQUIRE(node.pass("chat-connect", R"({"roomId":"general"})", one) == 2);
    REQUIRE(node.pass("chat-rooms", "{}", one) == 8);
  }
}

TEST_CASE("where nobody is known, an address counts beside all of them", "[actors]") {
  hurried node;
  const auto from = [](const char* address) {
    auto who = local_user();
    who.address = address;
    return who;
  };
  CHECK(node.pass("chat-rooms", "{}", from("192.0.2.1")) == 10);
  node.advance(200ms);
  CHECK(node.pass("chat-rooms", "{}", from("192.0.2.1")) == 1);
  CHECK(node.pass("chat-rooms", "{}", from("192.0.2.2")) == 0);  // all of them are one user
  // From this machine only the user counts.
  node.advance(1min);
  CHECK(node.pass("chat-rooms", "{}", from("127.0.0.1")) == 10);
}

TEST_CASE("unknown commands and bad input count as well", "[actors]") {
  hurried node;
  CHECK(node.pass("chat-rm", "{}", hasty) == 10);
  CHECK(node.pass("chat-poll", "{}", bob) == 10);
}

TEST_CASE("handoffs have a limit of their own", "[actors]") {
  hurried node;
  CHECK(node.pass("chat-connect", R"({"roomId":"general"})", hasty) == 2);
  CHECK(node.outcome("chat-reconnect", R"({"sessionId":"sess-0"})", hasty) == "SESSION_NOT_FOUND");
  CHECK(node.outcome("chat-rooms", "{}", hasty) == "OK");
  node.advance(1s);
  CHECK(node.pass("chat-connect", R"({"roomId":"general"})", hasty) == 1);
}

TEST_CASE("a limiter forgets those who are idle, and shares what is left among too many",
          "[actors]") {
  rate_limiter limiter(few);
  const auto from = [&](std::size_t i, std::int64_t now_ms) {
    return limiter.admit(false, "user" + std::to_string(i), "address", now_ms) == 0;
  };
  // Time goes on, so that their one address is never too fast.
  std::int64_t now = 0;
  for (std::size_t i = 0; i < limits::rate_callers_max; ++i) REQUIRE(from(i, now += 200));
  CHECK(limiter.size() <= limits::rate_callers_max + 2);
  // All at once, and nobody is idle: the last ones share.
  rate_limiter crowded(few);
  std::size_t admitted = 0;
  for (std::size_t i = 0; i < 2 * limits::rate_callers_max; ++i)
    admitted += crowded.admit(false, "u" + std::to_string(i), "a" + std::to_string(i), 0) == 0;
  CHECK(crowded.size() <= limits::rate_callers_max + 2);
  CHECK(admitted >= limits::rate_callers_max / 2);
  CHECK(admitted <= limits::rate_callers_max / 2 + 20);
}

TEST_CASE("a session that says too much is told so, and the message is not sent", "[actors]") {
  hurried node;
  auto out = node.join("general", "Ada");
  auto other = node.join("general", "Bob");
  for (int i = 0; i < 5; ++i) node.post(out, std::to_string(i), "c" + std::to_string(i));
  node.run();
  CHECK(other->of_type("message").size() == 3);
  REQUIRE(out->of_type("error").size() == 2);
  const auto error = out->of_type("error").at(0);
  CHECK(text_at(error, "/code") == "RATE_LIMITED");
  CHECK(at(error, "/retryAfterMs") == "1000");
  CHECK(text_at(error, "/clientMessageId") == "c3");
  CHECK(out->receipts == 5);
  CHECK(out->closed == 0);
  node.advance(1s);
  node.post(out, "again", "c3");
  node.run();
  CHECK(other->of_type("message").size() == 4);
}

TEST_CASE("typing, reactions and chat-send count with what a session says", "[actors]") {
  hurried node;
  const auto ada = node.open("general", "Ada");
  auto out = node.present(ada.token, "general");
  node.post(out, "one");
  caf::anon_send(out->session, typing{out});
  node.run();
  const auto send = R"({"roomId":"general","text":"x","sessionId":")" + ada.session_id + "\"}";
  CHECK(node.outcome("chat-send", send) == "OK");
  CHECK(node.outcome("chat-send", send) == "RATE_LIMITED");
  caf::anon_send(out->session, typing{out});
  caf::anon_send(out->session, react{"m0000000000000001", "👍", out});
  node.run();
  CHECK(out->of_type("error").size() == 2);
  CHECK(out->of_type("reaction").empty());
  caf::anon_send(out->session, touch{});  // a ping is a sign of life, no matter how many
  node.run();
  CHECK(out->of_type("error").size() == 2);
}

TEST_CASE("who does not slow down is closed with 1008, and may come back", "[actors]") {
  hurried node;
  const auto ada = node.open("general", "Ada");
  auto out = node.present(ada.token, "general");
  auto bob = node.join("general", "Bob");
  for (int i = 0; i < 200; ++i) node.post(out, std::to_string(i));
  node.run();
  CHECK(out->closed == 1008);
  CHECK(out->of_type("error").size() == 50);
  CHECK(out->receipts == 200);
  CHECK(bob->of_type("message").size() == 3);
  CHECK(bob->of_type("user_left").size() == 1);
  const auto by_session = R"({"sessionId":")" + ada.session_id + "\"}";
  const auto status = node.call("chat-status", by_session);
  CHECK(text_at(status, "/data/state") == "disconnected");
  CHECK(text_at(status, "/data/endedBy") == "rate");
  node.advance(2s);
  const auto json = node.call("chat-reconnect", by_session);
  CHECK(node.present(text_at(json, "/data/credentials/token"), "general")->closed == 0);
}
