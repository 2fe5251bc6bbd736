// Input that does not fit, through whole commands; unknown fields; limits.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

/// chat-send of this text, as JSON writes it.
std::string saying(const std::string& text) {
  return R"({"roomId":"general","text":")" + text + "\"}";
}

/// "path code", or "OK".
std::string first_problem(test_node& node, const std::string& name, const std::string& input) {
  const auto json = node.call(name, input);
  if (at(json, "/success") == "true") return "OK";
  if (text_at(json, "/error/code") != "VALIDATION_ERROR") return text_at(json, "/error/code");
  return text_at(json, "/error/details/errors/0/path") + ' ' +
         text_at(json, "/error/details/errors/0/code");
}

}  // namespace

TEST_CASE("bad input is spelled out", "[actors]") {
  test_node node;
  const auto json = node.call("chat-connect", R"({"room":"general","nickname":""})");
  CHECK(at(json, "/error") ==
        R"({"code":"VALIDATION_ERROR","message":"Input validation failed","suggestion":)"
        R"("- roomId: Invalid input: expected string, received undefined\n)"
        R"(- nickname: Too small: expected string to have >=1 characters. Unknown field(s): room. )"
        R"(Missing required field(s): roomId. Expected fields: roomId, nickname, transport, kind, )"
        R"(idempotencyKey, dryRun",)"
        R"("retryable":false,"details":{"errors":[)"
        R"({"path":"roomId","message":"Invalid input: expected string, received undefined",)"
        R"("code":"invalid_type","expected":"string"},)"
        R"({"path":"nickname","message":"Too small: expected string to have >=1 characters",)"
        R"("code":"too_small"}],"expectedFields":["roomId","nickname","transport","kind",)"
        R"("idempotencyKey","dryRun"],)"
        R"("unexpectedFields":["room"],"missingFields":["roomId"]}})");
}

TEST_CASE("every field of every command is checked", "[actors]") {
  test_node node;
  const auto wide = [](int units) { return '"' + std::string(units, 'x') + '"'; };
  const std::tuple<const char*, std::string, const char*> table[] = {
      {"chat-rooms", R"({"search":5})", "search invalid_type"},
      {"chat-rooms", R"({"search":)" + wide(101) + "}", "search too_big"},
      {"chat-rooms", R"({"limit":0})", "limit too_small"},
      {"chat-rooms", R"({"limit":1001})", "limit too_big"},
      {"chat-rooms", R"({"limit":"1"})", "limit invalid_type"},
      {"chat-rooms", R"({"limit":1.5})", "limit invalid_type"},
      {"chat-rooms", R"({"cursor":null,"search":null,"limit":null})", "OK"},
      {"chat-status", R"({"sessionId":null})", "sessionId invalid_type"},
      {"chat-poll", R"({"roomId":"general","until":{"mention":null},"limit":null})", "OK"},
      {"chat-rooms", "[]", "(root) invalid_type"},
      {"chat-connect", "{}", "roomId invalid_type"},
      {"chat-connect", R"({"roomId":""})", "roomId too_small"},
      {"chat-connect", R"({"roomId":)" + wide(65) + "}", "roomId too_big"},
      {"chat-connect", R"({"roomId":"general","nickname":)" + wide(51) + "}", "nickname too_big"},
      {"chat-connect", R"({"roomId":"general","nickname":["A"]})", "nickname invalid_type"},
      {"chat-connect", R"({"roomId":"general","nickname":)" + wide(50) + "}", "OK"},
      {"chat-connect", R"({"roomId":"../general"})", "ROOM_NOT_FOUND"},
      {"chat-status", "{}", "sessionId invalid_type"},
      {"chat-status", R"({"sessionId":""})", "sessionId too_small"},
      {"chat-status", R"({"sessionId":)" + wide(1025) + "}", "sessionId too_big"},
      {"chat-disconnect", R"({"sessionId":"x","reason":)" + wide(201) + "}", "reason too_big"},
      {"chat-poll", R"({"roomId":"general","limit":101})", "limit too_big"},
      {"chat-poll", R"({"roomId":"general","limit":0})", "limit too_small"},
      {"chat-poll", R"({"roomId":"general","limit":-1})", "limit too_small"},
      {"chat-poll", R"({"roomId":"general","limit":true})", "limit invalid_type"},
      {"chat-poll", R"({"roomId":"general","since":7})", "since invalid_type"},
      {"chat-poll", R"({"roomId":"general","since":""})", "since custom"},
      {"chat-poll", R"({"roomId":"general","since":"yesterday"})", "since custom"},
      {"chat-send", R"({"roomId":"general"})", "text invalid_type"},
      {"chat-send", R"({"roomId":"general","text":""})", "text too_small"},
      {"chat-send", R"({"roomId":"general","text":"x","clientMessageId":""})",
       "clientMessageId too_small"},
      {"chat-send", R"({"roomId":"general","text":"x","clientMessageId":)" + wide(129) + "}",
       "clientMessageId too_big"},
      {"chat-send", R"({"roomId":"general","text":"x","sessionId":"x"})", "SESSION_NOT_FOUND"},
      {"chat-send", R"({"roomId":"nowhere","text":"x"})", "ROOM_NOT_FOUND"},
      {"chat-room-create", R"({"roomId":"a b"})", "roomId invalid_format"},
      {"chat-room-create", R"({"roomId":"ä"})", "roomId invalid_format"},
      {"chat-room-create", R"({"roomId":"n","name":""})", "name too_small"},
      {"chat-room-create", R"({"roomId":"n","name":)" + wide(101) + "}", "name too_big"},
      {"chat-room-create", R"({"roomId":"n","description":)" + wide(501) + "}",
       "description too_big"},
      {"chat-room-create", R"({"roomId":"n","maxParticipants":0})", "maxParticipants too_small"},
      {"chat-room-create", R"({"roomId":"n","maxParticipants":1000001})",
       "maxParticipants too_big"},
      {"chat-room-create", R"({"roomId":"most","maxParticipants":1000000})", "OK"},
      {"afd-help", R"({"format":"long"})", "format invalid_value"},
      {"afd-schema", R"({"format":"xml"})", "format invalid_value"},
  };
  for (const auto& [name, input, expected] : table) {
    CAPTURE(name, input);
    CHECK(first_problem(node, name, input) == expected);
  }
}

TEST_CASE("a limit is a number however it is written", "[actors]") {
  test_node node;
  for (int i = 0; i < 3; ++i) node.call("chat-send", saying("x"));
  const auto poll = [&](const std::string& limit) {
    const auto json = node.call("chat-poll", R"({"roomId":"general","limit":)" + limit + "}");
    if (at(json, "/success") != "true") return text_at(json, "/error/details/errors/0/code");
    return at(json, "/data/messages/1") == "absent"   ? std::string("1")
           : at(json, "/data/messages/2") == "absent" ? "2"
                                                      : "3";
  };
  CHECK(poll("1") == "1");
  CHECK(poll("2.0") == "2");
  CHECK(poll("1e2") == "3");
  CHECK(poll("-0") == "too_small");
  CHECK(poll("9223372036854775808") == "too_big");
  CHECK(poll("1e300") == "too_big");
}

TEST_CASE("text is counted in UTF-16 units", "[actors]") {
  test_node node;
  CHECK(first_problem(node, "chat-send", saying(repeated("😀", 1'000))) == "OK");
  CHECK(first_problem(node, "chat-send", saying(repeated("x", 2'000))) == "OK");
  CHECK(first_problem(node, "chat-send", saying(repeated("日", 2'000))) == "OK");
  CHECK(first_problem(node, "chat-send", saying(repeated("😀", 2'000))) == "text too_big");
  CHECK(first_problem(node, "chat-send", saying(repeated("x", 2'001))) == "text too_big");
}

TEST_CASE("text comes back as it was sent, whatever is in it", "[actors]") {
  test_node node;
  const std::string odd =
      R"("\u0000 \u001f \n\r\t \" \\ / \u2028 <script> ${x} 👨‍👩‍👧‍👦 \ud83d\ude00 \ufffe \u202e")";
  node.call("chat-send", R"({"roomId":"general","text":)" + odd + "}");
  const auto poll = node.call("chat-poll", R"({"roomId":"general"})");
  CHECK(text_at(poll, "/data/messages/0/text") == text_at("[" + odd + "]", "/0"));
}

TEST_CASE("unknown fields are ignored with a warning each", "[actors]") {
  test_node node;
  const auto json = node.call("chat-rooms", R"({"verbose":true,"a\"b":1})");
  CHECK(at(json, "/success") == "true");
  CHECK(at(json, "/warnings") ==
        R"([{"code":"UNKNOWN_FIELD","message":)"
        R"("Field 'verbose' is not known to chat-rooms and was ignored","severity":"info"},)"
        R"({"code":"UNKNOWN_FIELD","message":)"
        R"("Field 'a\"b' is not known to chat-rooms and was ignored","severity":"info"}])");
  CHECK(at(node.call("chat-rooms", "{}"), "/warnings") == "absent");
}

TEST_CASE("a failure warns of unknown fields too", "[actors]") {
  test_node node;
  const auto json = node.call("chat-connect", R"({"roomId":"nowhere","x":1})");
  CHECK(text_at(json, "/error/code") == "ROOM_NOT_FOUND");
  CHECK(text_at(json, "/warnings/0/code") == "UNKNOWN_FIELD");
}
