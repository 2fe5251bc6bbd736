// Tokens of a session that is there: pushed, exchanged, and how many there may be.

#include <catch2/catch.hpp>

#include "tests/actors/returning.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("a connected session is given its next token before the last one runs out", "[actors]") {
  returning node;
  node.advance(4min - 2s);
  CHECK(node.out->of_type("token_refresh").empty());
  for (int i = 0; i < 4; ++i) node.advance(1s);
  REQUIRE(node.out->of_type("token_refresh").size() == 1);
  const auto fresh = text_at(node.out->of_type("token_refresh").at(0), "/token");
  node.lose(node.out);
  auto again = node.present(fresh, "general");
  CHECK(again->closed == 0);
  CHECK(story(again) == "welcome caught_up");
  for (int i = 0; i < 13 * 60; ++i) node.advance(1s);
  const auto pushed = again->of_type("token_refresh");
  REQUIRE(pushed.size() == 3);
  auto expires_s = node.signer.verify(fresh)->expires_s;
  for (const auto& f : pushed) {
    const auto token = node.signer.verify(text_at(f, "/token"));
    CHECK(expires_s - token->issued_s >= 58);  // a minute, and the hub looks once a second
    CHECK(expires_s - token->issued_s <= 61);
    expires_s = token->expires_s;
  }
}

TEST_CASE("the newest token is exchanged for another", "[actors]") {
  returning node;
  const auto refresh = [&](const std::string& token) {
    return node.call("chat-refresh-token", R"({"sessionId":")" + node.ada.session_id +
                                               R"(","currentToken":")" + token + "\"}");
  };
  const auto second = text_at(refresh(node.ada.token), "/data/token");
  const auto third = text_at(refresh(second), "/data/token");
  CHECK(text_at(refresh(second), "/error/code") == "INVALID_TOKEN");
  CHECK(text_at(refresh("x"), "/error/code") == "INVALID_TOKEN");
  CHECK(text_at(refresh(node.open("general", "Cy").token), "/error/code") == "INVALID_TOKEN");
  CHECK(node.present(second, "general")->closed == 4001);
  CHECK(node.present(third, "general")->closed == 0);
  for (int i = 0; i < 301; ++i) node.advance(1s);
  CHECK(text_at(refresh(third), "/error/code") == "INVALID_TOKEN");
}

// --- What chat-status tells --------------------------------------------------------------------

TEST_CASE("a token redeemed late is replaced before it runs out all the same", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  node.advance(3min);
  auto out = node.present(ada.token, "general");
  for (int i = 0; i < 62; ++i) node.advance(1s);
  CHECK(out->of_type("token_refresh").size() == 1);
}

TEST_CASE("many refreshed tokens are forgotten as they run out", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  auto token = ada.token;
  const auto out = node.present(token, "general");
  const auto reconnect = [&] {
    return node.outcome("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  };
  const auto refresh = [&] {
    const auto json = node.call("chat-refresh-token", R"({"sessionId":")" + ada.session_id +
                                                          R"(","currentToken":")" + token + "\"}");
    const auto fresh = text_at(json, "/data/token");
    if (fresh != "absent") token = fresh;
    return text_at(json, "/error/code");
  };
  for (std::size_t i = 0; i < limits::used_tokens_max; ++i) REQUIRE(refresh() == "absent");
  CHECK(refresh() == "OVERLOADED");
  CHECK(reconnect() == "OVERLOADED");  // its token would open nothing
  for (int i = 0; i < 7; ++i) node.advance(1min);
  CHECK(reconnect() == "OK");
}
