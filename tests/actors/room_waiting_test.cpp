// Polls that wait: what wakes them, what ends them, and that nothing is left of them.

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/actors/test_node.hpp"

namespace chat::test {

namespace {

using namespace std::chrono_literals;

std::string wait_for(const std::string& ms, const std::string& more = "") {
  return R"({"roomId":"general","waitMs":)" + ms + more + '}';
}

// What came: "hi, you", or the code of the failure.
std::string texts_of(const std::string& json) {
  if (at(json, "/success") != "true") return text_at(json, "/error/code");
  std::string out;
  for (int i = 0;; ++i) {
    const auto text = "/data/messages/" + std::to_string(i) + "/text";
    if (at(json, text) == "absent") return out;
    out += (i > 0 ? ", " : "") + text_at(json, text);
  }
}

void say(test_node& node, const std::string& text) {
  node.call("chat-send", R"({"roomId":"general","text":")" + text + "\"}");
}

}  // namespace

TEST_CASE("a poll that waits is answered when something comes", "[actors]") {
  test_node node;
  const auto waits = node.start("chat-poll", wait_for("30000"));
  node.run();
  node.advance(29s);
  CHECK(waits->answers == 0);
  say(node, "hi");
  REQUIRE(waits->answers == 1);
  CHECK(texts_of(waits->json) == "hi");
  CHECK(text_at(waits->json, "/data/lastMessageId") == "m0000000000000001");
}

TEST_CASE("a poll that waits does not wait when something is there", "[actors]") {
  test_node node;
  say(node, "hi");
  CHECK(texts_of(node.call("chat-poll", wait_for("30000"))) == "hi");
}

TEST_CASE("a poll may wait for what matters alone, and misses nothing else", "[actors]") {
  test_node node;
  say(node, "before");
  const auto waits =
      node.start("chat-poll", wait_for("30000", R"(,"until":{"mention":"bot","count":2})"));
  node.run();
  say(node, "chatter");
  say(node, "@bot one");
  say(node, "@robot no");
  CHECK(waits->answers == 0);
  say(node, "hey @Bot, two");
  REQUIRE(waits->answers == 1);
  CHECK(texts_of(waits->json) == "before, chatter, @bot one, @robot no, hey @Bot, two");
}

TEST_CASE("a poll that waits in vain for what matters gets what there is", "[actors]") {
  test_node node;
  say(node, "before");
  auto waits = node.start("chat-poll", wait_for("1000", R"(,"until":{"contains":"x"})"));
  node.run();
  say(node, "later");
  node.advance(1100ms);
  REQUIRE(waits->answers == 1);
  CHECK(texts_of(waits->json) == "before, later");
  // A page that is full is answered, matter or not.
  waits = node.start("chat-poll", wait_for("1000", R"(,"limit":3,"until":{"contains":"x"})"));
  node.run();
  CHECK(waits->answers == 0);
  say(node, "third");
  REQUIRE(waits->answers == 1);
  CHECK(texts_of(waits->json) == "before, later, third");
  CHECK(node.outcome("chat-poll", wait_for("1", R"(,"until":{"count":0})")) == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-poll", wait_for("1", R"(,"until":"mention")")) == "VALIDATION_ERROR");
}

TEST_CASE("a wish without a wait is without effect, and that is said", "[actors]") {
  test_node node;
  const auto warning = [&](const std::string& more) {
    const auto poll = node.start("chat-poll", R"({"roomId":"general","until":{"count":1})" + more);
    node.run();
    node.advance(1s);
    return text_at(poll->json, "/warnings/0/code");
  };
  CHECK(warning("}") == "UNTIL_WITHOUT_WAIT");
  CHECK(warning(R"(,"waitMs":10})") == "absent");
}

TEST_CASE("a poll whose time is up answers that nothing came", "[actors]") {
  test_node node;
  say(node, "hi");
  const auto waits = node.start("chat-poll", wait_for("1000", R"(,"since":"m0000000000000001")"));
  node.run();
  node.advance(990ms);
  CHECK(waits->answers == 0);
  node.advance(30ms);
  REQUIRE(waits->answers == 1);
  CHECK(texts_of(waits->json).empty());
  CHECK(text_at(waits->json, "/data/lastMessageId") == "m0000000000000001");
  CHECK(text_at(waits->json, "/_agentHints/nextAction") ==
        R"(Nothing came. Poll again at once with since="m0000000000000001")");
}

TEST_CASE("many wait at once, each for its time", "[actors]") {
  test_node node;
  std::vector<std::shared_ptr<test_node::pending_call>> all;
  for (int ms = 100; ms <= 10'000; ms += 100)
    all.push_back(node.start("chat-poll", wait_for(std::to_string(ms))));
  node.run();
  const auto answered = [&] {
    return std::ranges::count_if(all, [](const auto& one) { return one->answers == 1; });
  };
  node.advance(5'050ms);
  CHECK(answered() == 50);
  say(node, "now");
  CHECK(answered() == 100);
  CHECK(texts_of(all.front()->json).empty());
  CHECK(texts_of(all.back()->json) == "now");
}

TEST_CASE("who waits is answered when the room goes, changes, or the node stops", "[actors]") {
  test_node node;
  const auto admin = user("admin", "Admin", scope::admin);
  auto waits = node.start("chat-poll", wait_for("30000"));
  node.run();
  SECTION("it is deleted") {
    node.call("chat-room-delete", R"({"roomId":"general"})", admin);
    REQUIRE(waits->answers == 1);
  }
  SECTION("it is private from now on") {
    node.call("chat-room-update", R"({"roomId":"general","visibility":"private"})", admin);
    REQUIRE(waits->answers == 1);
    CHECK(texts_of(waits->json).empty());
  }
  SECTION("the node stops") {
    add(node.context.counters.draining);
    caf::anon_send(node.hub, drain{});
    node.run();
    REQUIRE(waits->answers == 1);
    CHECK(texts_of(node.call("chat-poll", wait_for("30000"))).empty());  // waits no more
  }
}

TEST_CASE("a poll nobody waits for any more gives back its place at once", "[actors]") {
  test_node node;
  const auto others = node.start("chat-poll", wait_for("30000"));
  const auto lost = std::make_shared<interest>();
  SECTION("of a call") {
    const auto waits = node.start("chat-poll", wait_for("30000"), local_user(), lost);
    node.run();
    CHECK(waits->answers == 0);
    lost->lose();
    node.run();
    CHECK(waits->answers == 1);
    CHECK(texts_of(waits->json).empty());
  }
  SECTION("of a part of another, and of those after it") {
    const auto part = R"({"command":"chat-poll","input":)" + wait_for("30000") + "}";
    const auto waits =
        node.start("afd-batch", R"({"commands":[)" + part + "," + part + "]}", local_user(), lost);
    node.run();
    CHECK(waits->answers == 0);
    lost->lose();
    node.run();
    CHECK(waits->answers == 1);
  }
  SECTION("lost before it waits") {
    lost->lose();
    const auto waits = node.start("chat-poll", wait_for("30000"), local_user(), lost);
    node.run();
    CHECK(waits->answers == 1);
  }
  CHECK(others->answers == 0);
}

TEST_CASE("a poll may wait for 30 seconds at most", "[actors]") {
  test_node node;
  CHECK(node.outcome("chat-poll", wait_for("30001")) == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-poll", wait_for("-1")) == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-poll", R"({"roomId":"nowhere","waitMs":30000})") == "ROOM_NOT_FOUND");
}

TEST_CASE("a page is cut to a budget and says where to go on", "[actors]") {
  test_node node;
  const std::string forty(40, 'x');
  for (int i = 0; i < 5; ++i) say(node, forty + std::to_string(i));
  const auto page = node.call("chat-poll", R"({"roomId":"general","maxChars":100})");
  // 41 of the text, 5 of "Agent" or "local", each.
  CHECK(texts_of(page) == forty + "0, " + forty + "1");
  CHECK(at(page, "/data/hasMore") == "true");
  CHECK(text_at(page, "/data/lastMessageId") == "m0000000000000002");
  say(node, std::string(500, 'y'));
  const auto last =
      node.call("chat-poll", R"({"roomId":"general","maxChars":100,"since":"m0000000000000005"})");
  CHECK(texts_of(last) == std::string(500, 'y'));  // one comes in any case
  CHECK(at(last, "/data/hasMore") == "false");
}

TEST_CASE("a page tells when what came before it is gone", "[actors]") {
  test_node node;
  const auto admin = user("admin", "Admin", scope::admin);
  say(node, "old");
  say(node, "older");
  const auto poll = R"({"roomId":"general","since":"m0000000000000001"})";
  CHECK(at(node.call("chat-poll", poll), "/data/truncated") == "false");
  node.call("chat-room-delete", R"({"roomId":"general"})", admin);
  node.call("chat-room-create", R"({"roomId":"general"})", admin);
  say(node, "new");
  const auto page = node.call("chat-poll", poll);
  CHECK(texts_of(page) == "new");
  CHECK(at(page, "/data/truncated") == "true");
  CHECK(text_at(page, "/warnings/0/code") == "HISTORY_TRUNCATED");
  node.advance(limits::room_idle_timeout);
  node.advance(limits::room_idle_timeout);  // and also when the store is asked
  CHECK(at(node.call("chat-poll", poll), "/data/truncated") == "true");
}

}  // namespace chat::test
