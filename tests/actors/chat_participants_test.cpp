// chat-participants: who is connected, page by page; people and agents.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

namespace chat::test {

namespace {

// "Ada human, Bot agent"
std::string participants(const std::string& json) {
  if (at(json, "/success") != "true") return text_at(json, "/error/code");
  std::string out;
  for (int i = 0;; ++i) {
    const auto one = "/data/participants/" + std::to_string(i);
    if (at(json, one) == "absent") return out;
    out += (i == 0 ? "" : ", ") + text_at(json, one + "/nickname") + ' ' +
           text_at(json, one + "/kind");
  }
}

std::string ask(const std::string& more = "") { return R"({"roomId":"general")" + more + '}'; }

test_node::credentials open_as(test_node& node, const std::string& nickname,
                               const std::string& more, caller who = local_user()) {
  const auto json = node.call(
      "chat-connect", R"({"roomId":"general","nickname":")" + nickname + '"' + more + '}', who);
  return {text_at(json, "/data/credentials/token"), text_at(json, "/data/credentials/sessionId")};
}

}  // namespace

TEST_CASE("those who are connected are participants, first come first", "[actors]") {
  test_node node;
  CHECK(participants(node.call("chat-participants", ask())).empty());
  const auto ada = node.join("general", "Ada");
  const auto bot = node.present(open_as(node, "Bot", R"(,"kind":"agent")").token, "general");
  node.open("general", "not connected");
  const auto json = node.call("chat-participants", ask());
  CHECK(keys(json, "/data") == "roomId participants total");
  CHECK(keys(json, "/data/participants/0") == "nickname kind since userId");
  CHECK(participants(json).size() == std::string("Ada human, Bot agent").size());
  CHECK(participants(json).find("Bot agent") != std::string::npos);
  CHECK(at(json, "/data/total") == "2");
  node.lose(ada);
  CHECK(participants(node.call("chat-participants", ask())) == "Bot agent");
  CHECK(node.outcome("chat-participants", R"({"roomId":"nowhere"})") == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-connect", R"({"roomId":"general","kind":"robot"})") ==
        "VALIDATION_ERROR");
}

TEST_CASE("a call over MCP is an agent's, in a batch as well, unless it says otherwise",
          "[actors]") {
  test_node node;
  const auto connect = [&](const std::string& command, const std::string& input,
                           participant_kind door) {
    auto call = make_call(command, *parse_json(input));
    call->who = local_user();
    call->speaks_as = door;
    std::string json;
    call->answer = [&](command_answer a) { json = std::move(a.json); };
    caf::anon_send(node.command, std::move(call));
    node.run();
    const auto at_session = json.find("sess-");
    REQUIRE(at_session != std::string::npos);
    return text_at(
        node.call("chat-status", R"({"sessionId":")" + json.substr(at_session, 29) + "\"}"),
        "/data/kind");
  };
  const auto agent = participant_kind::agent;
  CHECK(connect("chat-connect", ask(), agent) == "agent");
  CHECK(connect("chat-connect", ask(), participant_kind::human) == "human");
  CHECK(connect("chat-connect", ask(R"(,"kind":"human")"), agent) == "human");
  CHECK(connect("afd-batch", R"({"commands":[{"command":"chat-connect","input":)" + ask() + "}]}",
                agent) == "agent");
}

TEST_CASE("who is behind a nickname is for admins to know, and for oneself", "[actors]") {
  test_node node;
  const auto ada = node.present(open_as(node, "A", "", user("ada")).token, "general");
  const auto bob = node.present(open_as(node, "B", "", user("bob")).token, "general");
  const auto ids = [&](const caller& who) {
    const auto json = node.call("chat-participants", ask(), who);
    return std::pair(json.find(R"("userId":"ada")") != std::string::npos,
                     json.find(R"("userId":"bob")") != std::string::npos);
  };
  CHECK(ids(user("ada")) == std::pair(true, false));
  CHECK(ids(user("eve")) == std::pair(false, false));
  CHECK(ids(user("root", "", scope::admin)) == std::pair(true, true));
}

TEST_CASE("a kind lasts: across connections, and across a restart", "[actors]") {
  const temporary_directory data;
  std::string session_id;
  {
    test_node node({.data = data.path()});
    const auto bot = open_as(node, "Bot", R"(,"kind":"agent")");
    session_id = bot.session_id;
    node.lose(node.present(bot.token, "general"));
  }
  test_node node({.data = data.path()});
  const auto again = node.call("chat-reconnect", R"({"sessionId":")" + session_id + "\"}");
  const auto socket = node.present(text_at(again, "/data/credentials/token"), "general");
  CHECK(participants(node.call("chat-participants", ask())) == "Bot agent");
}

TEST_CASE("a newer connection of a session takes the older one's place", "[actors]") {
  test_node node;
  const auto ada = open_as(node, "Ada", "");
  const auto older = node.present(ada.token, "general");
  const auto since = [&] {
    return text_at(node.call("chat-participants", ask()), "/data/participants/0/since");
  };
  const auto before = since();
  const auto again = node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  const auto newer = node.present(text_at(again, "/data/credentials/token"), "general");
  CHECK(older->closed == 4004);
  CHECK(since() == before);
  CHECK(participants(node.call("chat-participants", ask())) == "Ada human");
}

TEST_CASE("many participants come page by page, each once", "[actors]") {
  test_node node({.rooms = {{"general", "General", "", 1000, 0}}});
  std::vector<fake_outbox_ptr> members;
  for (int i = 0; i < 45; ++i) members.push_back(node.join("general", "guest"));
  std::string cursor;
  int seen = 0;
  int pages = 0;
  do {
    const auto json = node.call("chat-participants", ask(R"(,"limit":10)" + cursor));
    CHECK(at(json, "/data/total") == std::to_string(members.size()));
    while (at(json, "/data/participants/" + std::to_string(seen - 10 * pages)) != "absent") ++seen;
    ++pages;
    const auto next = text_at(json, "/data/nextCursor");
    cursor = next == "absent" ? "" : R"(,"cursor":")" + next + '"';
    CHECK(cursor.empty() == (pages == 5));
  } while (!cursor.empty());
  CHECK(seen == 45);
  CHECK(node.outcome("chat-participants", ask(R"(,"cursor":"rubbish")")) == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-participants", ask(R"(,"limit":1001)")) == "VALIDATION_ERROR");
}

}  // namespace chat::test
