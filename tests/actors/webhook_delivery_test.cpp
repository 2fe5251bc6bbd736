// The way of a batch: order, retries in virtual time, dead letters, restarts.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "tests/actors/webhook_target.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

/// Lets an hour of failures pass: the batch that was just said is a dead letter then.
void bury(hook_node& node) { node.pass(1h + 1s, 1s); }

std::string letters(hook_node& node, const std::string& id) {
  return node.call("chat-webhook-dead-letters", hook_node::of(id));
}

}  // namespace

TEST_CASE("one request of a webhook is under way at a time; what is said meanwhile is the next",
          "[actors]") {
  hook_node node;
  node.hook();
  node.targets.reply = [](const auto&) { return std::nullopt; };
  node.say("one");
  node.say("two");
  node.say("three");
  CHECK(node.posted() == "one");
  node.targets.release();
  node.run();
  CHECK(node.posted() == "one | two, three");
}

TEST_CASE("a delivery has so many messages, or bytes", "[actors]") {
  hook_node node({.rates = {.on = false}});
  node.hook();
  node.targets.reply = [](const auto&) { return std::nullopt; };
  node.say("first");
  SECTION("messages") {
    for (int i = 0; i < 150; ++i) node.say("x");
    node.targets.release();
    node.run();
    node.targets.release();
    node.run();
    REQUIRE(node.targets.requests.size() == 3);
    CHECK(hook_node::texts(node.targets.requests[1]).size() == 100 * 3 - 2);
    CHECK(hook_node::texts(node.targets.requests[2]).size() == 50 * 3 - 2);
  }
  SECTION("bytes") {
    std::string euros;
    for (int i = 0; i < 2000; ++i) euros += "€";
    for (int i = 0; i < 60; ++i) node.say(euros);
    node.targets.release();
    node.run();
    node.targets.release();
    node.run();
    REQUIRE(node.targets.requests.size() == 3);
    for (const auto& request : node.targets.requests)
      CHECK(request.body.size() < limits::webhook_batch_bytes_max + 1000);
    CHECK(node.targets.requests[1].body.size() > limits::webhook_batch_bytes_max * 9 / 10);
  }
}

TEST_CASE("a target is told of edits and deletions, in their place", "[actors]") {
  hook_node node;
  node.hook();
  node.say("one");
  const auto change = [&](const std::string& command, const std::string& more) {
    return node.outcome(
        command, R"({"roomId":"general","messageId":")" + format_message_id(1) + '"' + more + '}');
  };
  CHECK(change("chat-edit", R"(,"text":"won")") == "OK");
  CHECK(change("chat-delete", "") == "OK");
  REQUIRE(node.targets.requests.size() == 3);
  const auto& edited = node.targets.requests[1].body;
  CHECK(at(edited, "/messages") == "[]");
  CHECK(text_at(edited, "/changes/0/change") == "edited");
  CHECK(text_at(edited, "/changes/0/messageId") == format_message_id(1));
  CHECK(text_at(edited, "/changes/0/text") == "won");
  const auto& deleted = node.targets.requests[2].body;
  CHECK(text_at(deleted, "/changes/0/change") == "deleted");
  CHECK(at(deleted, "/changes/0/text") == "absent");
}

TEST_CASE("what was changed before it was delivered is delivered as it is now", "[actors]") {
  hook_node node;
  node.hook();
  node.targets.reply = [](const auto&) { return std::nullopt; };
  node.say("first");
  node.say("one");
  const auto two = R"({"roomId":"general","messageId":")" + format_message_id(2) + '"';
  node.call("chat-edit", two + R"(,"text":"won"})");
  node.call("chat-edit", two + R"(,"text":"uno"})");
  node.targets.release();
  node.run();
  REQUIRE(node.targets.requests.size() == 2);
  const auto& later = node.targets.requests[1].body;
  CHECK(hook_node::texts(node.targets.requests[1]) == "uno");
  CHECK(text_at(later, "/changes/0/text") == "uno");
  CHECK(at(later, "/changes/1") == "absent");
}

TEST_CASE("what is not taken is sent again later and later, always as the same delivery",
          "[actors]") {
  hook_node node;
  const auto id = node.hook();
  node.answer_always(500);
  node.say("one");
  std::vector<int> after_s;
  std::size_t seen = 1;
  for (int s = 1; s <= 3700; ++s) {
    if (s == 2) node.say("two");  // is not mixed in
    node.advance(1s);
    if (node.targets.requests.size() > seen && after_s.size() < 20) after_s.push_back(s);
    seen = node.targets.requests.size();
  }
  CHECK(after_s == std::vector<int>{1,    3,    7,    15,   31,   63,   127,  255,  511,  811,
                                    1111, 1411, 1711, 2011, 2311, 2611, 2911, 3211, 3511, 3600});
  for (int i = 0; i < 21; ++i)
    CHECK(hook_node::header(node.targets.requests[i], "X-Chat-Delivery") == id + ":1-1");
  // Then it is a dead letter, and what follows has its turn.
  CHECK(hook_node::texts(node.targets.requests[21]) == "two");
  const auto json = letters(node, id);
  CHECK(at(json, "/data/total") == "1");
  CHECK(text_at(json, "/data/deadLetters/0/deadLetterId") == id + ":1-1");
  CHECK(text_at(json, "/data/deadLetters/0/firstMessageId") == "m0000000000000001");
  CHECK(at(json, "/data/deadLetters/0/messages") == "1");
  CHECK(at(json, "/data/deadLetters/0/attempts") == "21");
  CHECK(text_at(json, "/data/deadLetters/0/error") == "the target answered 500");
  node.answer_always(204);
  node.pass(5min, 1s);
  CHECK(hook_node::texts(node.targets.requests.back()) == "two");
  CHECK(node.listed("state") == "active");
}

TEST_CASE("retries keep to what chance says, between half and all of their time", "[actors]") {
  hook_node node;
  const auto other = node.system.spawn(make_webhooks, &node.context, node.hub, node.storage,
                                       static_cast<webhook_sender*>(&node.targets),
                                       std::vector<webhook_record>(), [] { return 0.0; });
  node.context.webhooks = &other;
  node.hook();
  node.answer_always(500);
  node.say("one");
  node.advance(499ms);
  CHECK(node.targets.requests.size() == 1);
  node.advance(1ms);
  CHECK(node.targets.requests.size() == 2);
  node.advance(999ms);
  CHECK(node.targets.requests.size() == 2);
  node.advance(1ms);
  CHECK(node.targets.requests.size() == 3);
  node.context.webhooks = &node.webhooks;
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  node.run();
}

TEST_CASE("a target may ask for more time, but not for more than five minutes", "[actors]") {
  hook_node node;
  node.hook();
  node.answer_always(429, 30'000);
  node.say("one");
  node.pass(29s, 1s);
  CHECK(node.targets.requests.size() == 1);
  node.advance(1s);
  CHECK(node.targets.requests.size() == 2);
  node.answer_always(429, 24 * 60 * 60 * 1000);
  node.pass(30s, 1s);
  CHECK(node.targets.requests.size() == 3);
  node.pass(299s, 1s);
  CHECK(node.targets.requests.size() == 3);
  node.advance(1s);
  CHECK(node.targets.requests.size() == 4);
}

TEST_CASE("dead letters are sent once more when somebody says so", "[actors]") {
  hook_node node;
  const auto id = node.hook();
  node.answer_always(500);
  node.say("one");
  bury(node);
  node.say("two");
  bury(node);
  node.targets.requests.clear();
  REQUIRE(at(letters(node, id), "/data/total") == "2");
  const auto replay = [&](const std::string& more) {
    const auto json = node.call("chat-webhook-replay", hook_node::of(id, more));
    node.run();
    return at(json, "/data/queued");
  };
  SECTION("one of them") {
    node.answer_always(200);
    CHECK(replay(R"(,"deadLetterId":")" + id + ":2-2\"") == "1");
    CHECK(node.posted() == "two");
    CHECK(hook_node::header(node.targets.requests[0], "X-Chat-Delivery") == id + ":2-2");
    CHECK(text_at(letters(node, id), "/data/deadLetters/0/deadLetterId") == id + ":1-1");
    CHECK(node.outcome("chat-webhook-replay",
                       hook_node::of(id, R"(,"deadLetterId":")" + id + ":2-2\"")) ==
          "DEAD_LETTER_NOT_FOUND");
  }
  SECTION("all of them, the oldest first") {
    node.answer_always(200);
    CHECK(replay("") == "2");
    CHECK(node.posted() == "one | two");
    CHECK(at(letters(node, id), "/data/total") == "0");
    CHECK(replay("") == "0");
  }
  SECTION("what fails again stays one") {
    node.answer_always(503);
    CHECK(replay("") == "2");
    CHECK(node.posted() == "one | two");
    const auto json = letters(node, id);
    CHECK(at(json, "/data/total") == "2");
    CHECK(at(json, "/data/deadLetters/0/attempts") == "22");
    CHECK(text_at(json, "/data/deadLetters/0/error") == "the target answered 503");
    CHECK(at(json, "/data/deadLetters/0/replays") == "false");
    node.pass(10min, 1s);
    CHECK(node.targets.requests.size() == 2);  // not by itself
  }
  SECTION("a target that takes one is asked for what it did not take since") {
    node.say("three");
    node.pass(10s, 1s);
    node.targets.requests.clear();
    node.answer_always(200);
    replay("");
    CHECK(node.posted() == "one | two | three");
  }
  SECTION("page by page") {
    const auto first = node.call("chat-webhook-dead-letters", hook_node::of(id, R"(,"limit":1)"));
    const auto cursor = text_at(first, "/data/nextCursor");
    const auto second =
        node.call("chat-webhook-dead-letters", hook_node::of(id, R"(,"cursor":")" + cursor + '"'));
    CHECK(text_at(second, "/data/deadLetters/0/deadLetterId") == id + ":2-2");
    CHECK(at(second, "/data/nextCursor") == "absent");
  }
}

TEST_CASE("of dead letters the oldest are forgotten when there are too many", "[actors]") {
  hook_node node;
  const auto id = node.hook();
  node.answer_always(500);
  for (std::size_t i = 0; i <= limits::webhook_dead_letters_max; ++i) {
    node.say("x");
    node.pass(80min, 5min);
  }
  const auto json = letters(node, id);
  CHECK(at(json, "/data/total") == "100");
  CHECK(text_at(json, "/data/deadLetters/0/deadLetterId") == id + ":2-2");
  CHECK(at(node.call("node-status"), "/data/webhooks/deadLettersForgotten") == "1");
}

TEST_CASE("a webhook goes on after a restart where it was", "[actors]") {
  temporary_directory store;
  std::string id;
  const auto begin = [&](hook_node& node) {
    node.advance(1s);
    return node.targets.requests.empty()
               ? std::string("nothing")
               : hook_node::header(node.targets.requests[0], "X-Chat-Delivery") + ' ' +
                     hook_node::texts(node.targets.requests[0]);
  };
  SECTION("what was taken is not sent again") {
    {
      hook_node node({.data = store.path()});
      id = node.hook();
      node.say("one");
    }
    hook_node node({.data = store.path()});
    CHECK(begin(node) == "nothing");
    node.say("two");
    CHECK(node.posted() == "two");
    CHECK(node.listed("subscriptionId") == id);
  }
  SECTION("what may have been taken is sent again as the same delivery, whatever was said since") {
    {
      hook_node node({.data = store.path()});
      id = node.hook();
      node.targets.reply = [](const auto&) { return std::nullopt; };
      node.say("one");
      node.say("two");
      CHECK(node.posted() == "one");
    }
    hook_node node({.data = store.path()});
    CHECK(begin(node) == id + ":1-1 one");
    CHECK(node.posted() == "one | two");
  }
  SECTION("attempts go on to be counted, and dead letters are kept") {
    {
      hook_node node({.data = store.path()});
      id = node.hook();
      node.answer_always(500);
      node.say("one");
      bury(node);
      node.say("two");
      node.pass(20s, 1s);
    }
    hook_node node({.data = store.path()});
    node.answer_always(500);
    node.advance(1s);
    CHECK(at(letters(node, id), "/data/total") == "1");
    CHECK(at(node.call("chat-webhook-list"), "/data/webhooks/0/failedAttempts") >= "5");
  }
  SECTION("and what ended stays so") {
    {
      hook_node node({.data = store.path()});
      node.hook();
      node.answer_always(410);
      node.say("one");
    }
    hook_node node({.data = store.path()});
    node.say("two");
    CHECK(begin(node) == "nothing");
    CHECK(node.listed("endedBecause") == "the target answered 410");
  }
}

TEST_CASE("nothing is sent before the store knows which delivery it is", "[actors]") {
  hook_node node;
  node.hook();
  node.targets.reply = [](const auto&) { return std::nullopt; };
  node.say("one");
  node.say("two");
  {
    full_disk full;
    node.targets.release();  // one is taken, which cannot be stored, nor what comes next
    node.run();
    CHECK(node.posted() == "one");
  }
  node.pass(10s, 1s);
  CHECK(node.posted() == "one | two");
}

TEST_CASE("targets that do not answer take no places from other users", "[actors]") {
  hook_node node;
  node.targets.reply = [](const webhook_request& r) -> std::optional<webhook_answer> {
    if (r.url.find("slow") != std::string::npos) return std::nullopt;
    return webhook_answer{200, {}, 0};
  };
  constexpr auto places = limits::webhook_requests_per_user_max;
  for (std::size_t i = 0; i < places + 4; ++i)
    node.hook("general", user("ada"), "https://slow.example/" + std::to_string(i));
  node.hook("general", user("bob"));
  node.say("one");
  CHECK(node.targets.requests.size() == places + 1);
  CHECK(node.targets.requests.back().url == "https://target.example/hook");
  node.say("two");
  CHECK(node.targets.requests.size() == places + 2);  // bob's
  node.targets.release();
  node.run();
  CHECK(node.targets.requests.size() == places + 2 + places);  // the others, and some again
}

TEST_CASE("a webhook that is deleted while a request is under way gives its place back",
          "[actors]") {
  hook_node node;
  node.targets.reply = [](const auto&) { return std::nullopt; };
  for (std::size_t i = 0; i < 2 * limits::webhook_requests_per_user_max; ++i) {
    const auto id = node.hook("general", user("ada"));
    node.say("one");
    CHECK(node.targets.requests.size() == i + 1);
    CHECK(node.outcome("chat-webhook-delete", hook_node::of(id), user("ada")) == "OK");
    node.targets.release();
    node.run();
  }
}

TEST_CASE("a node that stops begins no delivery", "[actors]") {
  hook_node node;
  node.hook();
  add(node.context.counters.draining);
  caf::anon_send(node.hub, drain{});
  node.run();
  node.advance(2s);
  CHECK(node.posted().empty());
  CHECK(node.outcome("chat-webhook-register", hook_node::wish("tiny")) == "OVERLOADED");
}
