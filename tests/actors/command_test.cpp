// What every command answers: shapes, hints, metadata; and calls of no command.

#include <catch2/catch.hpp>

#include "actors/command_table.hpp"
#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

std::string by_session(const std::string& session_id) {
  return R"({"sessionId":")" + session_id + "\"}";
}

}  // namespace

TEST_CASE("chat-connect answers a handoff", "[actors]") {
  test_node node;
  const auto json = node.call("chat-connect", R"({"roomId":"general","nickname":"Ada"})");
  CHECK(masked(json) ==
        R"({"success":true,"data":{"protocol":"websocket","endpoint":"ws://test/rooms/general",)"
        R"("credentials":{"token":"K","sessionId":"S"},"metadata":{"expiresAt":"T",)"
        R"("capabilities":["text","typing","presence","reactions"],"expectedLatency":10,)"
        R"("reconnect":{"allowed":true,"maxAttempts":5,"backoffMs":1000},"nickname":"Ada",)"
        R"("description":"Real-time chat in \"General\""}},)"
        R"("undoCommand":"chat-disconnect","undoArgs":{"sessionId":"S"},)"
        R"("reasoning":"Session created for room \"General\". )"
        R"(Connect to the WebSocket URL within 5 minutes.","confidence":1,)"
        R"("metadata":{"executionTimeMs":T,"commandVersion":"1.0.0","traceId":"X","timestamp":"T",)"
        R"("agentHints":{"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
        R"("fallbackCommand":"chat-poll"}},)"
        R"("_agentHints":{"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
        R"("fallbackCommand":"chat-poll"}})");
  const auto token = node.signer.verify(text_at(json, "/data/credentials/token"));
  REQUIRE(token);
  CHECK(token->session_id == text_at(json, "/data/credentials/sessionId"));
  CHECK(token->room_id == "general");
  CHECK(token->user_id == "local");
}

TEST_CASE("a handoff expires five minutes after it was made", "[actors]") {
  test_node node;
  const auto json = node.call("chat-connect", R"({"roomId":"general"})");
  const auto token = node.signer.verify(text_at(json, "/data/credentials/token"));
  REQUIRE(token);
  CHECK(token->expires_s - token->issued_s == 300);
  CHECK(text_at(json, "/data/metadata/expiresAt") == format_time(token->expires_s * 1000));
}

TEST_CASE("without a nickname the caller's name stands, and without one Anonymous", "[actors]") {
  test_node node;
  const auto nickname = [&](caller who) {
    const auto json = node.call("chat-connect", R"({"roomId":"general"})", who);
    const auto id = text_at(json, "/data/credentials/sessionId");
    return text_at(node.call("chat-status", by_session(id), who), "/data/nickname");
  };
  CHECK(nickname(user("local")) == "Anonymous");
  CHECK(nickname(user("local", "Claude")) == "Claude");
}

TEST_CASE("chat-status tells what there is to tell in each state", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  CHECK(masked(at(node.call("chat-status", by_session(ada.session_id)), "/data")) ==
        R"({"sessionId":"S","roomId":"general","state":"pending","nickname":"Ada",)"
        R"("kind":"human","participants":[],"participantCount":0,)"
        R"("metrics":{"messagesSent":0,"messagesReceived":0}})");
  node.present(ada.token, "general");
  CHECK(masked(at(node.call("chat-status", by_session(ada.session_id)), "/data")) ==
        R"({"sessionId":"S","roomId":"general","state":"connected","nickname":"Ada",)"
        R"("kind":"human","connectedAt":"T","lastActivity":"T",)"
        R"("participants":[{"nickname":"Ada","kind":"human"}],"participantCount":1,)"
        R"("metrics":{"messagesSent":0,"messagesReceived":0}})");
}

TEST_CASE("chat-status names those who came first, and counts all", "[actors]") {
  node_options options;
  options.rooms = {{"general", "General", "", 100, 0}};
  test_node node(options);
  const auto ada = node.open("general", "Ada");
  node.present(ada.token, "general");
  for (int i = 1; i < 60; ++i) node.join("general", "member " + std::to_string(i));
  const auto json = node.call("chat-status", by_session(ada.session_id));
  CHECK(at(json, "/data/participantCount") == "60");
  CHECK(text_at(json, "/data/participants/0/nickname") == "Ada");
  CHECK(at(json, "/data/participants/49") != "absent");
  CHECK(at(json, "/data/participants/50") == "absent");
}

TEST_CASE("chat-status of no session fails as the seed says", "[actors]") {
  test_node node;
  const auto json = node.call("chat-status", by_session("sess-123"));
  CHECK(at(json, "/error") ==
        R"({"code":"SESSION_NOT_FOUND","message":"Session does not exist","suggestion":)"
        R"("Call chat-connect to open a session; ended sessions are forgotten after ten minutes",)"
        R"("retryable":false})");
  CHECK(keys(json) == "success error confidence metadata");
}

TEST_CASE("chat-disconnect tells how the session ended", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada");
  const auto json =
      node.call("chat-disconnect", R"({"sessionId":")" + ada.session_id + R"(","reason":"done"})");
  CHECK(masked(at(json, "/data")) ==
        R"({"sessionId":"S","closedAt":"T","duration":0,"messagesSent":0})");
  CHECK(text_at(json, "/data/sessionId") == ada.session_id);
  CHECK(text_at(json, "/reasoning") ==
        "Session closed. Any active WebSocket connection will be terminated.");
}

TEST_CASE("chat-send tells the message's id and time", "[actors]") {
  test_node node;
  const auto json = node.call("chat-send", R"({"roomId":"general","text":"hi"})");
  CHECK(masked(at(json, "/data")) == R"({"messageId":"m0000000000000001","timestamp":"T"})");
}

TEST_CASE("node-status has every number by name", "[actors]") {
  test_node node;
  const auto json = node.call("node-status");
  CHECK(
      keys(json, "/data") ==
      "version startedAt uptimeSeconds connections sessions rooms messages commands http webhooks "
      "dropped storage loops process settings");
  CHECK(keys(json, "/data/process") == "residentBytes descriptors cpuMicros actors");
  CHECK(keys(json, "/data/connections") ==
        "open webSockets eventStreams unknown refused refusedBy slowConsumers");
  CHECK(keys(json, "/data/connections/refusedBy") ==
        "full unknown address descriptors tls credentials closeCodes");
  CHECK(keys(json, "/data/messages") == "in out refused");
  CHECK(keys(json, "/data/storage") ==
        "commits commitFailures averageCommitMicros commitMicros waitMicros batchMessages "
        "lagMicros queuedBytes failing");
  CHECK(keys(json, "/data/storage/commitMicros") == "count sum upTo counts");
  CHECK(keys(json, "/data/loops") == "lagMicros outboxBytes turnMicros each");
  CHECK(at(json, "/data/loops/each") == R"([{"lagMicros":0,"outboxBytes":0}])");
  CHECK(keys(json, "/data/dropped") ==
        "messages frames slowConsumers rateLimited connections connectionsOfAddress "
        "connectionsUnknown credentials handoffs protocolErrors deadPeers slowRequests "
        "tlsHandshakes");
}

TEST_CASE("the node counts messages in and out, refusals and commands", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hi");
  caf::anon_send(ada->session, react{"m9", "x", ada});
  node.run();
  node.call("chat-poll", R"({"roomId":"nowhere"})");
  const auto json = node.call("node-status");
  CHECK(at(json, "/data/messages") == R"({"in":1,"out":2,"refused":1})");
  CHECK(at(json, "/data/commands") == R"({"total":3,"failed":1})");
}

TEST_CASE("hints stand in both places alike, for every command that gives any", "[actors]") {
  test_node node;
  const auto session = by_session(node.open("general", "Ada").session_id);
  const std::pair<std::string, std::string> calls[] = {
      {"chat-rooms", "{}"},
      {"chat-connect", R"({"roomId":"general"})"},
      {"chat-status", session},
      {"chat-poll", R"({"roomId":"general"})"},
      {"chat-send", R"({"roomId":"general","text":"x"})"},
      {"chat-room-create", R"({"roomId":"new"})"},
      {"afd-help", "{}"}};
  for (const auto& [name, input] : calls) {
    const auto json = node.call(name, input);
    CAPTURE(json);
    CHECK(keys(json, "/_agentHints") != "no object");
    CHECK(at(json, "/_agentHints") == at(json, "/metadata/agentHints"));
  }
}

TEST_CASE("every command answers an empty input properly and does no harm", "[actors]") {
  test_node node;
  for (const auto& row : command_table()) {
    const auto json = node.call(std::string(row.name));
    CAPTURE(json);
    const bool success = at(json, "/success") == "true";
    CHECK(keys(json).starts_with(success ? "success data" : "success error"));
    const auto refusal = row.refused ? row.refused({}).error.code : errc::validation_error;
    if (!success) CHECK(text_at(json, "/error/code") == to_string(refusal));
  }
  CHECK(node.history("general").empty());
}

TEST_CASE("every error carries a suggestion", "[actors]") {
  test_node node;
  const std::pair<std::string, std::string> calls[] = {
      {"no-such-thing", "{}"},
      {"chat-connect", "{}"},
      {"chat-connect", R"({"roomId":"nowhere"})"},
      {"chat-status", R"({"sessionId":"x"})"},
      {"chat-poll", R"({"roomId":"nowhere"})"},
      {"chat-poll", R"({"roomId":"general","since":"x"})"},
      {"chat-room-create", R"({"roomId":"general"})"}};
  for (const auto& [name, input] : calls) {
    const auto json = node.call(name, input);
    CAPTURE(json);
    CHECK(text_at(json, "/error/suggestion").size() > 10);
    CHECK(at(json, "/data") == "absent");
  }
}

TEST_CASE("a command that does not exist is answered with the nearest ones", "[actors]") {
  test_node node;
  CHECK(at(node.call("chat-room"), "/error") ==
        R"({"code":"COMMAND_NOT_FOUND","message":"Command 'chat-room' not found",)"
        R"("suggestion":"Did you mean 'chat-rooms'? Other close matches: 'chat-poll', )"
        R"('chat-stream'. Use afd-help to list all commands.","retryable":false})");
  CHECK(text_at(node.call("zzzzzzzz"), "/error/suggestion") ==
        "Use afd-help to list all commands.");
}

TEST_CASE("a command's name is shown cut, and escaped", "[actors]") {
  test_node node;
  CHECK(text_at(node.call("a\"\n"), "/error/message") == "Command 'a\"\n' not found");
  CHECK(text_at(node.call(std::string(10'000, 'x')), "/error/message") ==
        "Command '" + std::string(128, 'x') + "…' not found");
}

TEST_CASE("only commands at least 0.4 alike are near, best first, three at most", "[actors]") {
  using names = std::vector<std::string_view>;
  CHECK(similar_commands("").empty());
  CHECK(similar_commands("quux").empty());
  CHECK(similar_commands("CHAT-POLL").at(0) == "chat-poll");
  CHECK(similar_commands("chat-pol").at(0) == "chat-poll");
  CHECK(similar_commands("afdhelp")[0] == "afd-help");
  CHECK(similar_commands("chat").size() == 3);
  // 4 of 10 letters of "chat-rooms" is just enough, 3 is not.
  CHECK(similar_commands("ooms") == names{"chat-rooms", "node-rooms"});
  CHECK(similar_commands("oms").empty());
  CHECK(similar_commands(std::string(129, 'c')).empty());
}
