// What clients send: taken, or refused with words that help.

#include <catch2/catch.hpp>

#include "model/json_reader.hpp"
#include "model/limits.hpp"
#include "model/wire.hpp"

using namespace chat;

namespace {

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

/// A message frame with this text, unescaped.
std::string saying(const std::string& text) {
  return R"({"type":"message","text":")" + text + "\"}";
}

/// "code: message", or "taken".
std::string refusal(const std::string& json) {
  const auto event = decode_client_event(json);
  if (event) return "taken";
  CHECK_FALSE(event.error().suggestion.empty());
  return std::string(to_string(event.error().code)) + ": " + event.error().message;
}

}  // namespace

TEST_CASE("every kind of event is taken with its fields", "[model]") {
  using kind = client_event::kind;
  const auto m = decode_client_event(R"({"type":"message","text":"hi","clientMessageId":"c"})");
  REQUIRE(m);
  CHECK(m->what == kind::message);
  CHECK(m->text == "hi");
  CHECK(m->client_id == "c");
  const auto r = decode_client_event(R"({"type":"reaction","messageId":"m1","emoji":"👍"})");
  REQUIRE(r);
  CHECK(r->what == kind::reaction);
  CHECK(r->message_id == "m1");
  CHECK(r->emoji == "👍");
  const auto a = decode_client_event(R"({"type":"auth","token":"t"})");
  REQUIRE(a);
  CHECK(a->what == kind::auth);
  for (const auto* without : {R"({"type":"auth"})", R"({"type":"auth","token":null})"}) {
    const auto empty = decode_client_event(without);
    REQUIRE(empty);
    CHECK(empty->what == kind::auth);
    CHECK(empty->token.empty());
  }
  CHECK(a->token == "t");
  CHECK(decode_client_event(R"({"type":"typing"})")->what == kind::typing);
  CHECK(decode_client_event(R"({"type":"ping"})")->what == kind::ping);
  CHECK(decode_client_event(R"({"type":"auth_headers","headers":{"a":"b"}})")->what ==
        kind::auth_headers);
}

TEST_CASE("fields nobody knows are no reason to refuse", "[model]") {
  for (const std::string unknown :
       {R"("\ud800")", "1e999", "99999999999999999999", R"({"a":1,"a":2})", R"({"\udfff":[]})"})
    CHECK(refusal(R"({"type":"ping","x":)" + unknown + '}') == "taken");
  CHECK(refusal("\xEF\xBB\xBF{\"type\":\"ping\"}") == "taken");
  CHECK(decode_client_event(R"({"type":"dance","type":"message","text":"a","text":"b"})")->text ==
        "b");
  const auto m = decode_client_event(R"({"x":[1],"text":"hi","type":"message","sender":"root"})");
  REQUIRE(m);
  CHECK(m->text == "hi");
  CHECK(m->client_id.empty());
}

TEST_CASE("what is not the expected JSON is an invalid message format", "[model]") {
  const auto json = GENERATE(values<std::string>(
      {"", " ", "hello", "{", "[]", "null", "1", "\"message\"", "{}", R"({"type":1})",
       R"({"type":null})", R"({"typ":"message"})", R"([{"type":"ping"}])", R"({"type":"ping",})",
       R"({"type":"ping"}{"type":"ping"})", "{\"type\":\"ping\",\"x\":\"\xff\"}",
       R"({"type":"ping","x":tru})", R"({"type":"pin\ud800"})"}));
  CAPTURE(json);
  CHECK(refusal(json) == "INVALID_MESSAGE: Invalid message format");
}

TEST_CASE("a reaction that is refused is told what one looks like", "[model]") {
  for (const auto* bad : {R"({"type":"reaction"})", R"({"type":"reaction","messageId":"m"})"}) {
    const auto why = decode_client_event(bad);
    REQUIRE_FALSE(why);
    CHECK(why.error().suggestion.find(R"("type":"reaction")") != std::string::npos);
  }
}

TEST_CASE("a type nobody knows is refused as such", "[model]") {
  for (const std::string type : {"", "Message", "message ", "welcome", "joined"})
    CHECK(refusal(R"({"type":")" + type + "\"}") == "INVALID_MESSAGE: Unknown message type");
}

TEST_CASE("a bad field is named in the refusal", "[model]") {
  CHECK(refusal(R"({"type":"message"})") == "INVALID_MESSAGE: Field `text` must be a string");
  CHECK(refusal(R"({"type":"message","text":5})") ==
        "INVALID_MESSAGE: Field `text` must be a string");
  CHECK(refusal(R"({"type":"message","text":null})") ==
        "INVALID_MESSAGE: Field `text` must be a string");
  CHECK(refusal(saying(R"(a\ud800)")) ==
        "INVALID_MESSAGE: Field `text` must be valid Unicode, without lone surrogates");
  CHECK(refusal(saying("")) ==
        "INVALID_MESSAGE: Field `text` must have 1 to 2000 characters, not 0");
  CHECK(refusal(R"({"type":"message","text":"x","clientMessageId":1})") ==
        "INVALID_MESSAGE: Field `clientMessageId` must be a string");
  CHECK(refusal(R"({"type":"message","text":"x","clientMessageId":""})") ==
        "INVALID_MESSAGE: Field `clientMessageId` must have 1 to 128 characters, not 0");
  CHECK(refusal(R"({"type":"reaction","emoji":"x"})") ==
        "INVALID_MESSAGE: Field `messageId` must be a string");
  CHECK(refusal(R"({"type":"reaction","messageId":"m"})") ==
        "INVALID_MESSAGE: Field `emoji` must be a string");
  CHECK(refusal(
            R"({"type":"reaction","messageId":"m","emoji":"012345678901234567890123456789012"})") ==
        "INVALID_MESSAGE: Field `emoji` must have 1 to 32 characters, not 33");
}

TEST_CASE("a refusal names the frame it refuses, where that has a name", "[model]") {
  const auto named = [](const std::string& rest) {
    const auto event = decode_client_event(R"({"clientMessageId":"c1",)" + rest + '}');
    return event ? "taken as " + event->client_id : "refused: " + event.error().client_id;
  };
  for (const std::string bad :
       {R"("type":"message")", R"("type":"message","text":"")", R"("type":"message","text":7)",
        R"("type":"message","text":"\ud83d")", R"("type":"reaction")", R"("type":"dance")",
        R"("x":1)", R"("type":"mess\udc00age","text":"x")"}) {
    CAPTURE(bad);
    CHECK(named(bad) == "refused: c1");
  }
  CHECK(named(R"("type":"message","text":")" + repeated("a", 2'001) + '"') == "refused: c1");
  for (const std::string good :
       {R"("type":"message","text":"x")", R"("type":"typing")",
        R"("type":"reaction","messageId":"m","emoji":"x")", R"("type":"ping")"})
    CHECK(named(good) == "taken as c1");
  for (const std::string& id : std::vector<std::string>{R"("")", "7", "null", R"("\ud800")",
                                                        '"' + repeated("i", 129) + '"'}) {
    CAPTURE(id);
    const auto event =
        decode_client_event(R"({"type":"message","text":"x","clientMessageId":)" + id + '}');
    REQUIRE_FALSE(event);
    CHECK(event.error().client_id.empty());
  }
}

TEST_CASE("text is limited in UTF-16 units, not in bytes", "[model]") {
  CHECK(refusal(saying(repeated("a", 2'000))) == "taken");
  CHECK(refusal(saying(repeated("日", 2'000))) == "taken");
  CHECK(refusal(saying(repeated("😀", 1'000))) == "taken");
  CHECK(refusal(saying(repeated(R"(\ud83d\ude00)", 1'000))) == "taken");
  CHECK(refusal(saying(repeated("a", 2'001))) ==
        "INVALID_MESSAGE: Field `text` must have 1 to 2000 characters, not 2001");
  CHECK(refusal(saying(repeated("😀", 2'000))) ==
        "INVALID_MESSAGE: Field `text` must have 1 to 2000 characters, not 4000");
}

TEST_CASE("lone surrogates are refused in every field and every form", "[model]") {
  for (const std::string lone :
       {R"(\ud800)", R"(\udbff)", R"(\udc00)", R"(\udfff)", R"(\udc00\ud800)", R"(\ud800\ud800)",
        R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)", R"(\udbff\uffff)", R"(\ud800\ue000)",
        R"(x\ud83d)", "\xed\xa0\x80"}) {
    CAPTURE(lone);
    CHECK(refusal(saying(lone)) != "taken");
    CHECK(refusal(R"({"type":"message","text":"x","clientMessageId":")" + lone + "\"}") != "taken");
    CHECK(refusal(R"({"type":"reaction","messageId":"m","emoji":")" + lone + "\"}") != "taken");
  }
}

TEST_CASE("NUL and line breaks are text like any other", "[model]") {
  using namespace std::string_literals;
  const auto m = decode_client_event(saying(R"(a\u0000b\n)"));
  REQUIRE(m);
  CHECK(m->text == "a\0b\n"s);
}

TEST_CASE("an event nested too deep is refused", "[model]") {
  const auto levels = limits::json_depth_max;
  CHECK(refusal(R"({"type":"ping","x":)" + std::string(levels, '[') + std::string(levels, ']') +
                "}") == "INVALID_MESSAGE: Invalid message format");
}
