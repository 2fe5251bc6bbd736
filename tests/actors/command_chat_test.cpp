// chat-poll and chat-send: how agents read and write.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

void store_messages(test_node& node, sequence from, sequence to) {
  std::vector<message_ptr> messages;
  for (auto seq = from; seq <= to; ++seq) {
    message m;
    m.seq = seq;
    m.timestamp_ms = 1'700'000'000'000;
    m.sender = "Ada";
    m.text = std::to_string(seq);
    messages.push_back(std::make_shared<const message>(std::move(m)));
  }
  node.db->stage_messages("general", messages);
  REQUIRE(node.db->commit());
}

std::string poll(test_node& node, const std::string& more = "") {
  return node.call("chat-poll", R"({"roomId":"general")" + more + "}");
}

/// "1 2 3 more, last m3" of a page.
std::string page(test_node& node, const std::string& more = "") {
  const auto json = poll(node, more);
  if (at(json, "/success") != "true") return text_at(json, "/error/code");
  std::string out;
  for (int i = 0;; ++i) {
    const auto text = text_at(json, "/data/messages/" + std::to_string(i) + "/text");
    if (text == "absent") break;
    out += text + ' ';
  }
  if (at(json, "/data/hasMore") == "true") out += "more ";
  const auto last = text_at(json, "/data/lastMessageId");
  return out + "last " + (last == "absent" ? last : std::to_string(*parse_message_id(last)));
}

std::string since(sequence seq) { return R"(,"since":")" + format_message_id(seq) + '"'; }

}  // namespace

TEST_CASE("a poll has the seed's shape", "[actors]") {
  test_node node;
  store_messages(node, 1, 1);
  CHECK(at(poll(node), "/data") ==
        R"({"roomId":"general","messages":[{"id":"m0000000000000001","sender":"Ada","text":"1",)"
        R"("timestamp":"2023-11-14T22:13:20.000Z"}],"hasMore":false,)"
        R"("lastMessageId":"m0000000000000001","truncated":false})");
}

TEST_CASE("a poll of an empty room has no last message", "[actors]") {
  test_node node;
  CHECK(at(poll(node), "/data") ==
        R"({"roomId":"general","messages":[],"hasMore":false,"truncated":false})");
  CHECK(at(poll(node), "/_agentHints/pollInterval") == "5000");
}

TEST_CASE("hasMore is exact", "[actors]") {
  test_node node;
  store_messages(node, 1, 4);
  CHECK(page(node, R"(,"limit":3)") == "1 2 3 more last 3");
  CHECK(page(node, R"(,"limit":4)") == "1 2 3 4 last 4");
  CHECK(page(node, R"(,"limit":2)" + since(2)) == "3 4 last 4");
  CHECK(page(node, R"(,"limit":1)" + since(2)) == "3 more last 3");
}

TEST_CASE("without a limit a page has fifty messages", "[actors]") {
  test_node node;
  store_messages(node, 1, 51);
  const auto json = poll(node);
  CHECK(at(json, "/data/messages/49") != "absent");
  CHECK(at(json, "/data/messages/50") == "absent");
  CHECK(at(json, "/data/hasMore") == "true");
}

TEST_CASE("with nothing new lastMessageId echoes since", "[actors]") {
  test_node node;
  store_messages(node, 1, 2);
  CHECK(page(node, since(2)) == "last 2");
  CHECK(text_at(poll(node, since(2)), "/_agentHints/nextAction") ==
        "No new messages. Wait 3-5 seconds and poll again. Or give waitMs: the call then waits for "
        "what comes");
}

TEST_CASE("a poll's hints say when to come again, and from where", "[actors]") {
  test_node node;
  store_messages(node, 1, 3);
  CHECK(at(poll(node), "/_agentHints") ==
        R"({"nextAction":"Process 3 messages. Poll again with since=\"m0000000000000003\"",)"
        R"("pollInterval":5000})");
  CHECK(at(poll(node, R"(,"limit":2)"), "/_agentHints") ==
        R"({"nextAction":"Process 2 messages. More are waiting: )"
        R"(poll again at once with since=\"m0000000000000002\"","pollInterval":0})");
}

TEST_CASE("a since that is no id names the oldest message held", "[actors]") {
  test_node node;
  CHECK(text_at(poll(node, R"(,"since":"x")"), "/error/suggestion") ==
        "The room has no messages: call without since");
  node.call("chat-send", R"({"roomId":"general","text":"x"})");
  const auto json = poll(node, R"(,"since":"x")");
  CHECK(at(json, "/error") ==
        R"({"code":"VALIDATION_ERROR","message":)"
        R"("Input validation failed: `since` names no message of this room","suggestion":)"
        R"("Use an id that this room gave out. The oldest message still held is )"
        R"(m0000000000000001; call without since to start there","retryable":false,"details":{)"
        R"("errors":[{"path":"since","message":"unknown message id","code":"custom",)"
        R"("received":"x"}],"expectedFields":["roomId",)"
        R"("since","limit","waitMs","until","maxChars"],)"
        R"("oldestMessageId":"m0000000000000001"}})");
}

TEST_CASE("a since that the room does not know is answered from what both know", "[actors]") {
  test_node node;
  const auto told = [&](const std::string& json) {
    return text_at(json, "/warnings/0/code") + ' ' + at(json, "/warnings/0/details/restartAt");
  };
  {
    test_node empty;
    CHECK(page(empty, since(7)) == "last absent");
    CHECK(told(poll(empty, since(7))) == "POSITION_LOST null");
  }
  store_messages(node, 1, 3);
  store_messages(node, 9, 9);               // what was between them is lost
  const bool idle = GENERATE(false, true);  // from the tail, and from the store
  if (idle) {
    node.call("chat-poll", R"({"roomId":"general"})");
    node.advance(limits::room_idle_timeout);
    node.advance(limits::room_idle_timeout);
  }
  CHECK(page(node, since(5)) == "9 last 9");
  CHECK(told(poll(node, since(5))) == "POSITION_LOST \"m0000000000000003\"");
  CHECK(page(node, since(10)) == "last 9");
  CHECK(told(poll(node, since(10))) == "POSITION_LOST \"m0000000000000009\"");
  CHECK(told(poll(node, since(3))) == "absent absent");
  CHECK(told(poll(node, since(9))) == "absent absent");
  // Who would wait is told at once.
  CHECK(page(node, since(10) + R"(,"waitMs":30000)") == "last 9");
}

TEST_CASE("what cannot be a message id comes back as it was sent", "[actors]") {
  test_node node;
  const auto received = [&](const std::string& id) {
    return text_at(poll(node, R"(,"since":")" + id + '"'), "/error/details/errors/0/received");
  };
  CHECK(received("") == "");
  CHECK(received("yesterday") == "yesterday");
  CHECK(received("m0000000000000000") == "m0000000000000000");
  CHECK(received("m18446744073709551616") == "m18446744073709551616");
  CHECK(received(std::string(65, 'x')) == std::string(64, 'x'));
}

TEST_CASE("an agent that pages from the start gets 250 messages once and in order", "[actors]") {
  test_node node;
  store_messages(node, 1, 250);
  std::string expected;
  for (int i = 1; i <= 250; ++i) expected += std::to_string(i) + ' ';
  for (const std::string limit : {"", R"(,"limit":100)", R"(,"limit":7)"}) {
    std::string got;
    std::string from;
    for (bool more = true; more;) {
      const auto json = poll(node, limit + from);
      for (int i = 0; at(json, "/data/messages/" + std::to_string(i)) != "absent"; ++i)
        got += text_at(json, "/data/messages/" + std::to_string(i) + "/text") + ' ';
      more = at(json, "/data/hasMore") == "true";
      from = R"(,"since":)" + at(json, "/data/lastMessageId");
    }
    CHECK(got == expected);
  }
}

TEST_CASE("old messages are read from the store, new ones behind them, without a seam",
          "[actors]") {
  test_node node;
  store_messages(node, 1, 1'200);
  for (int i = 0; i < 3; ++i) node.call("chat-send", R"({"roomId":"general","text":"new"})");
  CHECK(page(node, R"(,"limit":2)" + since(198)) == "199 200 more last 200");
  CHECK(page(node, R"(,"limit":2)" + since(199)) == "200 201 more last 201");
  CHECK(page(node, R"(,"limit":2)" + since(203)) == "204 205 more last 205");
  CHECK(page(node, R"(,"limit":3)" + since(1'199)) == "1200 new new more last 1202");
}

TEST_CASE("an idle room answers polls from the store", "[actors]") {
  test_node node;
  for (int i = 1; i <= 3; ++i)
    node.call("chat-send", R"({"roomId":"general","text":")" + std::to_string(i) + "\"}");
  for (int i = 0; i < 3; ++i) node.advance(limits::room_idle_timeout);
  CHECK(page(node) == "1 2 3 last 3");
  CHECK(page(node, since(2)) == "3 last 3");
  node.call("chat-send", R"({"roomId":"general","text":"4"})");
  CHECK(page(node, since(1)) == "2 3 4 last 4");
}

TEST_CASE("a poll never shows what is not committed", "[actors]") {
  test_node node;
  node.call("chat-send", R"({"roomId":"general","text":"1"})");
  const auto sending = node.start("chat-send", R"({"roomId":"general","text":"2"})");
  node.run_within_turn();  // accepted, not committed
  const auto polling = node.start("chat-poll", R"({"roomId":"general"})");
  node.run_within_turn();
  CHECK(at(polling->json, "/data/messages/0") != "absent");
  CHECK(at(polling->json, "/data/messages/1") == "absent");
  CHECK(at(polling->json, "/data/hasMore") == "false");
  node.run();
  CHECK(sending->answers == 1);
  CHECK(page(node) == "1 2 last 2");
}

TEST_CASE("a message is sent as the session, else as the caller, else as Agent", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  node.call("chat-send",
            R"({"roomId":"general","text":"1","sessionId":")" + ada.session_id + "\"}");
  node.call("chat-send", R"({"roomId":"general","text":"2"})", user("local", "Claude"));
  node.call("chat-send", R"({"roomId":"general","text":"3"})");
  CHECK(node.history("general") == "Ada: 1 | Claude: 2 | Agent: 3");
}

TEST_CASE("a session speaks in its own room only", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  const auto json = node.call(
      "chat-send", R"({"roomId":"tiny","text":"x","sessionId":")" + ada.session_id + "\"}");
  CHECK(text_at(json, "/error/code") == "FORBIDDEN");
  CHECK(text_at(json, "/error/suggestion") == "Send to room \"general\", where this session is");
  CHECK(node.history("tiny").empty());
}
