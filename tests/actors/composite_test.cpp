// Commands that run others: afd-call and afd-batch (contract, section 7).

#include <catch2/catch.hpp>

#include "tests/actors/composites.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("afd-call answers what the command called answers", "[actors]") {
  test_node node;
  const auto direct = node.call("chat-rooms", R"({"limit":1})");
  const auto called = node.call("afd-call", R"({"command":"chat-rooms","input":{"limit":1}})");
  CHECK(masked(called) == masked(direct));
  CHECK(masked(node.call("afd-call", R"({"command":"chat-poll","input":{"limit":0}})")) ==
        masked(node.call("chat-poll", R"({"limit":0})")));
  CHECK(node.outcome("afd-call", R"({"command":"chat-rooms"})") == "OK");
  CHECK(node.outcome("afd-call", R"({"command":"chat-room"})") == "COMMAND_NOT_FOUND");
  CHECK(node.outcome("afd-call", R"({"command":""})") == "VALIDATION_ERROR");
  CHECK(node.outcome("afd-call", R"({"command":"chat-rooms","input":[]})") == "VALIDATION_ERROR");
  CHECK(node.outcome("afd-call", "{}") == "VALIDATION_ERROR");
}

TEST_CASE("afd-call has the caller's scope, and as much time as what it calls", "[actors]") {
  test_node node;
  CHECK(node.outcome("afd-call",
                     R"({"command":"chat-send","input":{"roomId":"general","text":"x"}})",
                     user("eve", "Eve", scope::read)) == "FORBIDDEN");
  const auto poll = node.start("afd-call", R"({"command":"chat-poll","input":)"
                                           R"({"roomId":"tiny","waitMs":30000}})");
  node.run();
  node.advance(29s);
  CHECK(poll->answers == 0);
  node.advance(2s);
  REQUIRE(poll->answers == 1);
  CHECK(at(poll->json, "/data/messages") == "[]");
}

TEST_CASE("a batch answers a BatchResult: all there is, whatever single commands did", "[actors]") {
  test_node node;
  const auto json =
      node.call("afd-batch", batch_of(R"({"id":"a","command":"chat-rooms"},)" + fails));
  CHECK(keys(json) == "success results summary timing reasoning confidence metadata");
  CHECK(at(json, "/success") == "true");
  CHECK(outcomes(json) == "OK ROOM_NOT_FOUND");
  CHECK(keys(json, "/results/0") == "id index command result durationMs");
  CHECK(text_at(json, "/results/0/id") == "a");
  CHECK(text_at(json, "/results/1/id") == "cmd-1");
  CHECK(at(json, "/results/1/index") == "1");
  CHECK(text_at(json, "/results/1/command") == "chat-poll");
  CHECK(masked(at(json, "/results/0/result")) == masked(node.call("chat-rooms")));
  CHECK(at(json, "/summary") ==
        R"({"total":2,"successCount":1,"failureCount":1,"skippedCount":0})");
  CHECK(keys(json, "/timing") == "totalMs averageMs startedAt completedAt");
  CHECK(at(json, "/confidence") == "0.75");
  CHECK(text_at(json, "/reasoning") == "Executed 2 commands: 1 succeeded, 1 failed");
  const auto all = node.call("afd-batch", batch_of(rooms));
  CHECK(text_at(all, "/reasoning") == "Executed 1 command: all succeeded");
  CHECK(at(all, "/confidence") == "1");
  CHECK(at(node.call("afd.batch", batch_of(rooms)), "/success") == "true");
}

TEST_CASE("commands of a batch run in their order, one after the other", "[actors]") {
  test_node node;
  node.call("afd-batch", batch_of(say("one") + ',' + say("two") + ',' + say("three")));
  CHECK(node.history("general") == "Agent: one | Agent: two | Agent: three");
}

TEST_CASE("a batch's warnings say whose they are", "[actors]") {
  test_node node;
  const auto json = node.call("afd-batch", batch_of(R"({"id":"a","command":"chat-rooms","input":)"
                                                    R"({"colour":"red"}})"));
  CHECK(at(json, "/warnings") ==
        R"([{"commandId":"a","code":"UNKNOWN_FIELD","message":"Field 'colour' is not known to )"
        R"(chat-rooms and was ignored","severity":"info"}])");
}

TEST_CASE("a batch that stops on an error skips the rest", "[actors]") {
  test_node node;
  const auto json = node.call(
      "afd-batch",
      batch_of(rooms + ',' + fails + ',' + say("no") + ',' + rooms, R"({"stopOnError":true})"));
  CHECK(at(json, "/success") == "true");
  CHECK(outcomes(json) == "OK ROOM_NOT_FOUND COMMAND_SKIPPED COMMAND_SKIPPED");
  CHECK(at(json, "/summary") ==
        R"({"total":4,"successCount":1,"failureCount":1,"skippedCount":2})");
  CHECK(text_at(json, "/reasoning") == "Executed 4 commands: 1 succeeded, 1 failed, 2 skipped");
  CHECK(at(json, "/results/2/durationMs") == "0");
  CHECK(text_at(json, "/results/2/result/error/suggestion") != "absent");
  CHECK(node.history("general").empty());
}

TEST_CASE("past its timeout the rest of a batch fails, and may be tried again", "[actors]") {
  test_node node;
  const auto batch =
      node.start("afd-batch", batch_of(rooms + ',' + waits + ',' + rooms, R"({"timeout":1500})"));
  node.run();
  node.advance(1400ms);
  CHECK(batch->answers == 0);
  node.advance(100ms);
  REQUIRE(batch->answers == 1);
  CHECK(outcomes(batch->json) == "OK BATCH_TIMEOUT BATCH_TIMEOUT");
  CHECK(at(batch->json, "/success") == "true");
  CHECK(at(batch->json, "/results/1/result/error/retryable") == "true");
  CHECK(text_at(batch->json, "/results/1/result/error/message") ==
        "Batch timeout exceeded (1500ms)");
  node.advance(1min);  // what was under way ends, and nobody hears of it
  CHECK(batch->answers == 1);
  CHECK(outcomes(node.call("afd-batch", batch_of(rooms, R"({"timeout":0})"))) == "BATCH_TIMEOUT");
}

TEST_CASE("no batch takes longer than thirty seconds", "[actors]") {
  test_node node;
  const auto batch =
      node.start("afd-batch", batch_of(waits_for("20000") + ',' + waits, R"({"timeout":600000})"));
  node.run();
  for (int second = 0; second < 29; ++second) node.advance(1s);
  CHECK(batch->answers == 0);
  node.advance(1s);
  REQUIRE(batch->answers == 1);
  CHECK(outcomes(batch->json) == "OK BATCH_TIMEOUT");
}

TEST_CASE("a batch runs as many commands at a time as it is told", "[actors]") {
  test_node node;
  const auto wakes =
      batch_of(waits + ',' + waits + ',' +
                   R"({"command":"chat-send","input":{"roomId":"tiny","text":"up"}})",
               R"({"parallelism":3})");
  const auto together = node.start("afd-batch", wakes);
  node.run();
  REQUIRE(together->answers == 1);  // the third one woke the first two
  CHECK(outcomes(together->json) == "OK OK OK");
  CHECK(text_at(together->json, "/results/0/result/data/messages/0/text") == "up");
}

TEST_CASE("a batch without commands is none", "[actors]") {
  test_node node;
  const auto empty = node.call("afd-batch", batch_of(""));
  CHECK(at(empty, "/success") == "false");
  CHECK(text_at(empty, "/error/code") == "INVALID_BATCH_REQUEST");
  CHECK(at(empty, "/results") == "[]");
  CHECK(at(empty, "/summary") ==
        R"({"total":0,"successCount":0,"failureCount":0,"skippedCount":0})");
  CHECK(at(empty, "/confidence") == "0");
}

TEST_CASE("what is no batch is refused as a whole, in the shape of one", "[actors]") {
  test_node node;
  const std::string hi = say("no");
  const std::pair<std::string, const char*> table[] = {
      {"{}", "commands"},
      {"[]", "(root)"},
      {R"({"commands":{}})", "commands"},
      {batch_of(hi + ",{}"), "commands.1.command"},
      {batch_of(hi + ",5"), "commands.1"},
      {batch_of(hi + R"(,{"command":" \t"})"), "commands.1.command"},
      {batch_of(R"({"command":"chat-rooms","id":null})"), "commands.0.id"},
      {batch_of(R"({"command":"chat-rooms","id":5})"), "commands.0.id"},
      {batch_of(hi, "null"), "options"},
      {batch_of(hi, R"({"parallelism":0})"), "options.parallelism"},
      {batch_of(hi, R"({"parallelism":2.5})"), "options.parallelism"},
      {batch_of(hi, R"({"timeout":-0.5})"), "options.timeout"},
      {batch_of(hi, R"({"timeout":"5"})"), "options.timeout"},
      {batch_of(hi, R"({"stopOnError":1})"), "options.stopOnError"},
      {batch_of(many(hi, 101)), "commands"}};
  for (const auto& [input, path] : table) {
    CAPTURE(input.substr(0, 200));
    const auto json = node.call("afd-batch", input);
    CHECK(text_at(json, "/error/code") == "INVALID_BATCH_REQUEST");
    CHECK(text_at(json, "/error/message") == "Invalid batch request envelope");
    CHECK(text_at(json, "/error/details/errors/0/path") == path);
    CHECK(at(json, "/results") == "[]");
    CHECK(at(json, "/summary/total") == "0");
  }
  CHECK(node.history("general").empty());
  CHECK(node.outcome("afd-batch", batch_of(rooms, R"({"timeout":20000.5})")) == "OK");
}

TEST_CASE("a batch has a hundred commands at most", "[actors]") {
  test_node node;
  const auto hundred = node.call("afd-batch", batch_of(many(rooms, 100)));
  CHECK(at(hundred, "/summary/successCount") == "100");
  CHECK(node.outcome("afd-batch", batch_of(many(rooms, 101))) == "INVALID_BATCH_REQUEST");
}

TEST_CASE("each command of a batch has its own input check and scope", "[actors]") {
  test_node node;
  const auto json = node.call(
      "afd-batch",
      batch_of(say("hi") + R"(,{"command":"chat-poll","input":5},{"command":"chat-rooms"},)"
                           R"({"command":"node-status"},{"command":"nope"})"),
      user("eve", "Eve", scope::read));
  CHECK(outcomes(json) == "FORBIDDEN VALIDATION_ERROR OK FORBIDDEN COMMAND_NOT_FOUND");
}

TEST_CASE("each command of a batch counts as if it was sent alone", "[actors]") {
  test_node node({.rates = {.on = true, .handoffs = {1, 2}, .commands = {5, 10}, .messages = {}}});
  const caller ada{"ada", "Ada", "192.0.2.1", scope::admin};
  const auto json = node.call("afd-batch", batch_of(many(rooms, 12)), ada);
  CHECK(outcomes(json) == "OK OK OK OK OK OK OK OK OK OK RATE_LIMITED RATE_LIMITED");
  CHECK(node.outcome("chat-rooms", "{}", ada) == "RATE_LIMITED");
  const auto refused = node.call("afd-batch", batch_of(rooms), ada);
  CHECK(text_at(refused, "/error/code") == "RATE_LIMITED");
  const caller bob{"bob", "Bob", "192.0.2.2", scope::admin};
  const auto connects = node.call(
      "afd-batch", batch_of(many(R"({"command":"chat-connect","input":{"roomId":"general"}})", 3)),
      bob);
  CHECK(outcomes(connects) == "OK OK RATE_LIMITED");
  // Those that pass no check count, too; so does what has no parts.
  const caller eve{"eve", "Eve", "192.0.2.3", scope::admin};
  for (int i = 0; i < 5; ++i) {
    node.call("afd-batch", "{}", eve);
    node.call("afd-batch", batch_of(""), eve);
  }
  CHECK(node.outcome("chat-rooms", "{}", eve) == "RATE_LIMITED");
}

TEST_CASE("a batch whose answers grow too large starts no more", "[actors]") {
  test_node node;
  for (int i = 0; i < 100; ++i)
    node.call("chat-send",
              R"({"roomId":"general","text":")" + std::string(limits::text_units_max, 'x') + "\"}");
  const std::string page = R"({"command":"chat-poll","input":{"roomId":"general","limit":100}})";
  const auto json = node.call("afd-batch", batch_of(many(page, 10)));
  CHECK(json.size() < limits::composite_bytes_max + 300'000);
  CHECK(outcomes(json).starts_with("OK OK OK OK OK"));
  CHECK(outcomes(json).ends_with("COMMAND_SKIPPED COMMAND_SKIPPED"));
  CHECK(at(json, "/success") == "true");
}

TEST_CASE("a command that runs others is run by afd-call alone, and afd-call by none", "[actors]") {
  test_node node;
  const std::string call = R"({"command":"afd-call","input":{"command":"chat-rooms"}})";
  const std::string batch = R"({"command":"afd-batch","input":)" + batch_of(rooms) + '}';
  const std::string pipe = R"({"command":"afd-pipe","input":)" + pipe_of(rooms) + '}';
  CHECK(outcomes(node.call("afd-batch", batch_of(call + ',' + batch + ',' + pipe))) ==
        "NESTING_REFUSED NESTING_REFUSED NESTING_REFUSED");
  for (const auto& one : {call, batch, pipe})
    CHECK(node.outcome("afd-pipe", pipe_of(one)) == "NESTING_REFUSED");
  CHECK(node.outcome("afd-call", call) == "NESTING_REFUSED");
  CHECK(node.outcome("afd-call", batch) == "OK");
  CHECK(node.outcome("afd-call", pipe) == "OK");
  CHECK(outcomes(node.call("afd-call", R"({"command":"afd-batch","input":)" + batch_of(call) +
                                           '}')) == "NESTING_REFUSED");
}

TEST_CASE("one user has a bounded number of batches under way; others have theirs", "[actors]") {
  test_node node;
  std::vector<std::shared_ptr<test_node::pending_call>> batches;
  for (std::size_t i = 0; i <= limits::composites_per_user_max; ++i)
    batches.push_back(node.start("afd-batch", batch_of(waits), user("ada")));
  node.run();
  REQUIRE(batches.back()->answers == 1);
  CHECK(text_at(batches.back()->json, "/error/code") == "OVERLOADED");
  CHECK(outcomes(node.call("afd-batch", batch_of(rooms), user("bob"))) == "OK");
  CHECK(node.outcome("chat-rooms", "{}", user("ada")) == "OK");
  node.advance(31s);
  for (const auto& batch : batches) CHECK(batch->answers == 1);
  CHECK(outcomes(node.call("afd-batch", batch_of(rooms), user("ada"))) == "OK");
}
