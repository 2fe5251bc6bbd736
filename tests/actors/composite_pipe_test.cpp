// afd-pipe: steps, references, conditions, failures (contract, section 7).

#include <catch2/catch.hpp>

#include "tests/actors/composites.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("a pipe answers a PipelineResult: the data of its last step, and each step", "[actors]") {
  test_node node;
  const auto json = node.call(
      "afd-pipe",
      pipe_of(
          R"({"command":"chat-send","input":{"roomId":"general","text":"one"},"as":"first"},)"
          R"({"command":"chat-send","input":{"roomId":"general","text":"$input.words[1]"}},)"
          R"({"command":"chat-poll","input":{"roomId":"general","since":"$steps.first.messageId",)"
          R"("limit":"$input.n"}})",
          R"(,"input":{"words":["zero","two"],"n":7})"));
  CHECK(keys(json) == "success data steps reasoning confidence metadata");
  CHECK(at(json, "/data/messages/0/text") == R"("two")");
  CHECK(at(json, "/data/messages/1") == "absent");
  CHECK(statuses(json) == "success success success");
  CHECK(keys(json, "/steps/0") ==
        "index alias command status data executionTimeMs undoCommand undoArgs metadata");
  CHECK(text_at(json, "/steps/0/undoCommand") == "chat-delete");
  CHECK(node.outcome("chat-delete", at(json, "/steps/0/undoArgs")) == "OK");
  CHECK(text_at(json, "/steps/0/alias") == "first");
  CHECK(keys(json, "/steps/2") == "index command status data executionTimeMs metadata");
  CHECK(keys(json, "/steps/1/data") == "messageId timestamp");
  CHECK(keys(json, "/metadata") ==
        "executionTimeMs commandVersion traceId timestamp confidence confidenceBreakdown reasoning "
        "warnings sources alternatives completedSteps totalSteps");
  CHECK(at(json, "/metadata/completedSteps") == "3");
  CHECK(at(json, "/metadata/totalSteps") == "3");
  CHECK(at(json, "/metadata/confidence") == "1");
  CHECK(at(json, "/metadata/confidenceBreakdown/0") ==
        R"({"step":0,"alias":"first","command":"chat-send","confidence":1,)"
        R"("reasoning":"Message stored and sent to room \"general\""})");
  CHECK(at(json, "/metadata/reasoning/2/stepIndex") == "2");
  CHECK(text_at(json, "/metadata/reasoning/2/reasoning") == "Retrieved 1 message(s)");
  CHECK(text_at(json, "/reasoning") == "Ran a pipe of 3 step(s): 3 succeeded, 0 failed, 0 skipped");
}

TEST_CASE("a failed step skips the rest, and is what the pipe failed with", "[actors]") {
  test_node node;
  const auto json = node.call("afd-pipe", pipe_of(rooms + ',' + fails + ',' + say("no")));
  CHECK(at(json, "/success") == "false");
  CHECK(statuses(json) == "success failure skipped");
  CHECK(text_at(json, "/error/code") == "ROOM_NOT_FOUND");
  CHECK(text_at(json, "/error/message").starts_with("Step 1 (chat-poll) failed: "));
  CHECK(text_at(json, "/error/suggestion") == "Use chat-rooms to list available rooms");
  CHECK(text_at(json, "/steps/1/error/code") == "ROOM_NOT_FOUND");
  CHECK(at(json, "/data/total") == "2");
  CHECK(at(json, "/metadata/completedSteps") == "1");
  CHECK(keys(json, "/steps/2") == "index command status executionTimeMs");
  CHECK(node.history("general").empty());
}

TEST_CASE("continueOnFailure runs the rest; conditions choose what is run", "[actors]") {
  test_node node;
  const auto json = node.call(
      "afd-pipe",
      pipe_of(fails +
                  R"(,{"command":"chat-rooms","as":"all","when":{"$not":{"$exists":"$first"}}},)"
                  R"({"command":"chat-send","input":{"roomId":"$steps.all.rooms[0].id",)"
                  R"("text":"few"},"when":{"$lt":["$steps.all.total",5]}},)"
                  R"({"command":"chat-send","input":{"roomId":"general","text":"many"},)"
                  R"("when":{"$gte":["$steps[1].total",5]}},{"command":"chat-poll",)"
                  R"("input":{"roomId":"general","since":"$prev.nothing"}})",
              R"(,"options":{"continueOnFailure":true})"));
  CHECK(statuses(json) == "failure success success skipped success");
  CHECK(node.history("general") == "Agent: few");
  CHECK(at(json, "/data/messages/0/text") == R"("few")");
  CHECK(at(json, "/success") == "false");
}

TEST_CASE("what is no pipe is refused before any step runs, in the shape of one", "[actors]") {
  test_node node;
  const auto refused = [&](const std::string& step, const std::string& more = "") {
    const auto json = node.call("afd-pipe", pipe_of(say("no") + ',' + step, more));
    CHECK(text_at(json, "/error/code") == "INVALID_PIPELINE_REQUEST");
    CHECK(text_at(json, "/error/message") == "Invalid pipeline request envelope");
    CHECK(statuses(json) == "failure");
    CHECK(at(json, "/steps/0/index") == "-1");
    CHECK(text_at(json, "/steps/0/command").empty());
    CHECK(text_at(json, "/steps/0/error/code") == "INVALID_PIPELINE_REQUEST");
    CHECK(at(json, "/metadata/totalSteps") == "0");
    return text_at(json, "/error/details/errors/0/path");
  };
  CHECK(refused("{}") == "steps.1.command");
  CHECK(refused("null") == "steps.1");
  CHECK(refused(R"({"command":"\u2003"})") == "steps.1.command");
  CHECK(refused(R"({"command":"chat-rooms","input":[]})") == "steps.1.input");
  CHECK(refused(R"({"command":"chat-rooms","input":null})") == "steps.1.input");
  CHECK(refused(R"({"command":"chat-rooms","as":null})") == "steps.1.as");
  CHECK(refused(R"({"command":"chat-rooms","stream":"no"})") == "steps.1.stream");
  CHECK(refused(R"({"command":"chat-rooms","when":{"$eq":["$prev"]}})") == "steps.1.when.$eq");
  CHECK(refused(R"({"command":"chat-rooms","when":{"$exists":5}})") == "steps.1.when.$exists");
  CHECK(refused(many(rooms, 50)) == "steps");
  CHECK(refused(rooms, R"(,"options":{"timeoutMs":-1})") == "options.timeoutMs");
  CHECK(refused(rooms, R"(,"options":{"onProgress":null})") == "options.onProgress");
  CHECK(refused(rooms, R"(,"options":null)") == "options");
  CHECK(refused(rooms, R"(,"id":5)") == "id");
  CHECK(node.outcome("afd-pipe", "{}") == "INVALID_PIPELINE_REQUEST");
  CHECK(node.outcome("afd-pipe", "[]") == "INVALID_PIPELINE_REQUEST");
  CHECK(node.history("general").empty());
}

TEST_CASE("a pipe without steps runs nothing and has no data", "[actors]") {
  test_node node;
  const auto empty = node.call("afd-pipe", pipe_of("", R"(,"id":"mine")"));
  CHECK(at(empty, "/success") == "true");
  CHECK(at(empty, "/data") == "absent");
  CHECK(at(empty, "/steps") == "[]");
  CHECK(at(empty, "/metadata/completedSteps") == "0");
}

TEST_CASE("a step that asks for what no pipe does keeps all of them from being run", "[actors]") {
  test_node node;
  const auto parallel =
      node.call("afd-pipe", pipe_of(say("no") + ',' + rooms, R"(,"options":{"parallel":true})"));
  CHECK(statuses(parallel) == "failure skipped");
  CHECK(text_at(parallel, "/error/code") == "UNSUPPORTED_OPTION");
  CHECK(at(parallel, "/steps/1/error") == "absent");
  const auto streams = node.call(
      "afd-pipe", pipe_of(say("no") + R"(,{"command":"chat-rooms","stream":true,"as":"x"})"));
  CHECK(statuses(streams) == "skipped failure");
  CHECK(text_at(streams, "/steps/1/error/code") == "UNSUPPORTED_OPTION");
  CHECK(text_at(streams, "/steps/1/alias") == "x");
  CHECK(node.history("general").empty());
  CHECK(node.outcome("afd-pipe", pipe_of(R"({"command":"chat-rooms","stream":false})",
                                         R"(,"options":{"parallel":false})")) == "OK");
}

TEST_CASE("inputs of a pipe nest 64 levels and no more", "[actors]") {
  test_node node;
  const auto lists = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  const auto step = [&](int levels) {
    return R"({"command":"chat-rooms","input":{"x":)" + lists(levels - 1) + "}}";
  };
  CHECK(node.outcome("afd-pipe", pipe_of(step(64), R"(,"input":)" + lists(64))) == "OK");
  for (const auto& pipe :
       {pipe_of(say("no") + ',' + step(65)), pipe_of(say("no"), R"(,"input":)" + lists(65))}) {
    const auto json = node.call("afd-pipe", pipe);
    CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
    CHECK(at(json, "/steps/0/index") == "-1");
  }
  CHECK(node.history("general").empty());
}

TEST_CASE("a reference that never finds anything is absent, and is told of", "[actors]") {
  test_node node;
  for (const auto* reference : {"$steps.nope.id", "$steps[9].id", "$steps.__proto__.id"}) {
    const auto json = node.call(
        "afd-pipe",
        pipe_of(rooms + R"(,{"command":"chat-poll","input":{"roomId":"general","since":")" +
                reference + R"("},"as":"twice"},{"command":"chat-rooms","as":"twice"})"));
    CAPTURE(reference);
    CHECK(statuses(json) == "success success success");
    CHECK(text_at(json, "/metadata/warnings/0/code") == "REFERENCE_UNRESOLVED");
  }
}

TEST_CASE("branches of a pipe may share a name", "[actors]") {
  test_node node;
  const auto branch = [](const std::string& condition) {
    return R"({"command":"chat-rooms","as":"x","when":)" + condition + '}';
  };
  const auto json = node.call(
      "afd-pipe", pipe_of(rooms + ',' + branch(R"({"$gt":["$first.total",5]})") + ',' +
                          branch(R"({"$lte":["$first.total",5]})") +
                          R"(,{"command":"chat-poll","input":{"roomId":"$steps.x.rooms[0].id"}})"));
  CHECK(statuses(json) == "success skipped success success");
}

TEST_CASE("a reference that finds nothing is named where the step fails or goes on", "[actors]") {
  test_node node;
  const auto json = node.call(
      "afd-pipe",
      pipe_of(rooms + R"(,{"command":"chat-poll","input":{"roomId":"$prev.rooms[9].id"}})"));
  CHECK(
      text_at(json, "/error/message").ends_with("; input.roomId: $prev.rooms[9].id was not there"));
  CHECK(text_at(json, "/steps/1/error/code") == "VALIDATION_ERROR");
  const auto nearly = node.call(
      "afd-pipe", pipe_of(rooms + R"(,{"command":"chat-poll","input":{"roomId":"$previous.id"}})"));
  CHECK(text_at(nearly, "/error/message").find("input.roomId: $previous.id is no reference") !=
        std::string::npos);
  const auto goes_on = node.call(
      "afd-pipe",
      pipe_of(rooms +
              R"(,{"command":"chat-poll","input":{"roomId":"general","since":"$prev.id"}})"));
  CHECK(statuses(goes_on) == "success success");
  CHECK(text_at(goes_on, "/metadata/warnings/0/message") == "input.since: $prev.id was not there");
  CHECK(at(goes_on, "/metadata/warnings/0/stepIndex") == "1");
}

TEST_CASE("past its timeout a pipe ends", "[actors]") {
  test_node node;
  const auto pipe = node.start(
      "afd-pipe", pipe_of(rooms + ',' + waits + ',' + rooms, R"(,"options":{"timeoutMs":2000})"));
  node.run();
  node.advance(1900ms);
  CHECK(pipe->answers == 0);
  node.advance(100ms);
  REQUIRE(pipe->answers == 1);
  CHECK(statuses(pipe->json) == "success failure skipped");
  CHECK(text_at(pipe->json, "/error/code") == "PIPELINE_TIMEOUT");
  CHECK(text_at(pipe->json, "/steps/2/error/code") == "PIPELINE_TIMEOUT");
  const auto longer = node.start("afd-pipe", pipe_of(waits_for("20000") + ',' + waits));
  node.run();
  for (int second = 0; second < 30; ++second) node.advance(1s);
  REQUIRE(longer->answers == 1);
  CHECK(statuses(longer->json) == "success failure");
  CHECK(text_at(longer->json, "/error/suggestion").find("No pipe may take longer") == 0);
}

TEST_CASE("a pipe without time fails before its first step", "[actors]") {
  test_node node;
  const auto json = node.call("afd-pipe", pipe_of(rooms, R"(,"options":{"timeoutMs":0})"));
  CHECK(statuses(json) == "failure");
  CHECK(at(json, "/success") == "false");
  CHECK(text_at(json, "/error/code") == "PIPELINE_TIMEOUT");
}

TEST_CASE("references cannot make a step's input endless, nor too deep", "[actors]") {
  test_node node;
  for (int i = 0; i < 50; ++i)
    node.call("chat-send",
              R"({"roomId":"general","text":")" + std::string(limits::text_units_max, 'x') + "\"}");
  const std::string page = R"({"command":"chat-poll","input":{"roomId":"general"}})";
  const auto json =
      node.call("afd-pipe", pipe_of(page + R"(,{"command":"chat-rooms","input":{"x":[)" +
                                    many(R"("$prev")", 1000) + "]}}"));
  CHECK(statuses(json) == "success failure");
  CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
  const std::string deep(57, '[');
  const std::string end(57, ']');
  const auto nested = node.call("afd-pipe", pipe_of(R"({"command":"chat-rooms","input":{"x":)" +
                                                        deep + R"("$input")" + end + "}}",
                                                    R"(,"input":)" + deep + end));
  CHECK(statuses(nested) == "failure");
  CHECK(text_at(nested, "/error/code") == "VALIDATION_ERROR");
}
