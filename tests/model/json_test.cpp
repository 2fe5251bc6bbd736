// JSON in and out: what is refused, what is written.

#include <catch2/catch.hpp>
#include <limits>
#include <thread>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"

using namespace chat;

namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::string escaped(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class Number>
std::string written(Number value) {
  std::string out;
  json_writer(out).number(value);
  return out;
}

}  // namespace

TEST_CASE("no text at all is no JSON", "[model]") {
  CHECK_FALSE(parse_json({}));
  CHECK_FALSE(parse_json(""));
}

TEST_CASE("a malformed document is refused, wherever it is wrong", "[model]") {
  using namespace std::string_literals;
  const auto malformed = GENERATE(values<std::string>({"",
                                                       " ",
                                                       "\n\t ",
                                                       "tru",
                                                       "nul",
                                                       "NaN",
                                                       "Infinity",
                                                       "-",
                                                       "+1",
                                                       "01",
                                                       ".5",
                                                       "1.",
                                                       "1e",
                                                       "0x10",
                                                       "'a'",
                                                       "\"a",
                                                       "\"\t\"",
                                                       "{",
                                                       "}",
                                                       "[",
                                                       "[1,]",
                                                       "[,1]",
                                                       R"({"a":1,})",
                                                       R"({"a":1 "b":2})",
                                                       R"({"a"})",
                                                       R"({a:1})",
                                                       R"({"a":})",
                                                       R"({"a":tru,"b":1})",
                                                       "{}{}",
                                                       "{} {}",
                                                       "1 2",
                                                       "{}x",
                                                       "{}\xEF\xBB\xBF",
                                                       "\xEF\xBB\xBF",
                                                       "\xEF\xBB\xBF\xEF\xBB\xBF{}",
                                                       "\"\xff\"",
                                                       "\"\xc0\xaf\"",
                                                       "\"\xed\xa0\x80\"",
                                                       "\"\xf4\x90\x80\x80\"",
                                                       R"("\x41")",
                                                       R"("\u12")",
                                                       R"("\u12G4")",
                                                       "[1}",
                                                       "// c\n{}",
                                                       "\0"s,
                                                       "{}\0"s,
                                                       "[018446744073709551616]",
                                                       "[1e400.]",
                                                       "[1e400,\"\\ud800\",\"\\u12\"]",
                                                       "[\"\\ud800\",tru]"}));
  CAPTURE(malformed);
  const auto root = parse_json(malformed);
  REQUIRE_FALSE(root);
  CHECK(root.error().code == errc::invalid_message);
  CHECK_FALSE(root.error().message.empty());
}

TEST_CASE("a lone surrogate leaves a text that is none, in every form", "[model]") {
  for (const std::string lone :
       {R"(\ud800)", R"(\udbff)", R"(\udc00)", R"(\udfff)", R"(\udc00\ud800)", R"(\ud800\ud800)",
        R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)", R"(\udbff\uffff)", R"(\ud800\ue000)",
        R"(x\ud83d)", R"(\uD83D)", R"(\\\ud83d)", R"(\ud83d\ud83d\ude00)"}) {
    CAPTURE(lone);
    const auto root =
        parse_json(R"({"a":")" + lone + R"(","b":"whole","c":[{"d":")" + lone + "\"}]}");
    REQUIRE(root);
    CHECK(is_broken_text(*member(*root, "a")));
    CHECK(text_member(*root, "a") == std::nullopt);
    CHECK(text_member(*root, "b") == "whole");
    CHECK(find_broken_text(*root) == "a");
    CHECK(find_broken_text(*member(*root, "c")) == "0.d");
    CHECK(find_broken_text(*member(*root, "b")) == std::nullopt);
    // Nothing is lost on the way through text.
    const auto again = to_json(*root);
    const auto reread = parse_json(again);
    REQUIRE(reread);
    CHECK(find_broken_text(*reread) == "a");
    CHECK(to_json(*reread) == again);
    const auto named = parse_json("{\"x\":1,\"" + lone + "\":1}");
    REQUIRE(named);
    CHECK(find_broken_text(*named) == "\uFFFD");
    CHECK(member(*named, "x"));
  }
  // As bytes they are no UTF-8, and so no JSON.
  for (const std::string bytes : {"\xed\xa0\x80", "\xed\xb0\x80"})
    CHECK_FALSE(parse_json('"' + bytes + '"'));
  const auto pair = parse_json(R"({"a":"\ud83d\ude00"})");
  CHECK(text_member(*pair, "a") == "😀");
  CHECK(find_broken_text(*pair) == std::nullopt);
}

TEST_CASE("a lone surrogate is told from whatever else stands in the text", "[model]") {
  // Characters that a reader might put in its place.
  std::string others;
  for (unsigned c = 0xE000; c < 0xF8FF; ++c)
    others += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
               static_cast<char>(0x80 | (c & 0x3F))};
  for (const std::string more : {"", R"(\uf8ff)"}) {
    const auto root =
        parse_json(R"({"a":")" + others + R"(","b":"\ud800","c":"\uFDD0)" + more + "\"}");
    REQUIRE(root.has_value() == more.empty());
    if (!root) continue;  // nothing is left to put there
    CHECK(text_member(*root, "a") == others);
    CHECK(text_member(*root, "b") == std::nullopt);
    CHECK(text_member(*root, "c") == "\uFDD0");
  }
}

TEST_CASE("a byte order mark at the front is no part of the document", "[model]") {
  const auto root = parse_json("\xEF\xBB\xBF{\"a\":\"\xEF\xBB\xBF\"}");
  REQUIRE(root);
  CHECK(text_member(*root, "a") == "\xEF\xBB\xBF");
}

TEST_CASE("of a name that stands twice the last one counts", "[model]") {
  const auto root = parse_json(R"({"a":"1","b":0,"\u0061":"2","b":{"c":1,"c":"3"}})");
  REQUIRE(root);
  CHECK(text_member(*root, "a") == "2");
  CHECK(text_member(*member(*root, "b"), "c") == "3");
}

TEST_CASE("numbers of any size are read as near as a double comes", "[model]") {
  const std::pair<std::string, double> rows[] = {
      {"18446744073709551616", 0x1p64},
      {"-9223372036854775809", -0x1p63},
      {"1" + std::string(1000, '0'), std::numeric_limits<double>::max()},
      {"-1e999", std::numeric_limits<double>::lowest()},
      {"1e-999", 0},
      {"0." + std::string(400, '0') + "1e1", 0},
      {"123456789012345678901234567890.5", 123456789012345678901234567890.5}};
  for (const auto& [text, value] : rows) {
    CAPTURE(text);
    const auto root =
        parse_json(R"({"x":[)" + text + R"(],"n":)" + text + R"(,"s":")" + text + "\"}");
    REQUIRE(root);
    CHECK(number_member(*root, "n") == value);
    CHECK(text_member(*root, "s") == text);
  }
  CHECK(number_member(*parse_json(R"({"n":18446744073709551615,"x":1e400})"), "n") == 0x1p64);
}

TEST_CASE("a well-formed document of any kind is taken", "[model]") {
  const auto good = GENERATE(values<std::string>(
      {"{}", "[]", " {} ", "null", "true", "\"\"", "0", "-0", "1e2", "1.5E-3", R"({"a":{"a":[]}})",
       R"("\u0000")", R"("\ud83d\ude00")", "9223372036854775808", "\"\xf0\x9f\x98\x80\""}));
  CAPTURE(good);
  CHECK(parse_json(good));
}

TEST_CASE("documents nest to a bound and no deeper", "[model]") {
  CHECK(parse_json(nested(limits::json_depth_max)));
  CHECK_FALSE(parse_json(nested(limits::json_depth_max + 1)));
  CHECK_FALSE(parse_json(nested(100'000)));
  CHECK_FALSE(parse_json(std::string(100'000, '[')));
  CHECK(parse_json(nested(limits::json_depth_max)));  // the bombs left the parser usable
}

TEST_CASE("nothing at all is refused by a thread that never parsed before", "[model]") {
  bool taken = true;
  std::thread([&] { taken = parse_json("").has_value(); }).join();
  CHECK_FALSE(taken);
}

TEST_CASE("a document larger than any before it is parsed whole", "[model]") {
  const std::string text(1 << 20, 'x');
  const auto root = parse_json('"' + text + '"');
  REQUIRE(root);
  CHECK(std::string_view(*root) == text);
}

TEST_CASE("a document is read only as far as it goes", "[model]") {
  // The bytes of a longer one before it stay in the parser's copy.
  REQUIRE(parse_json(R"({"a":1,"b":2})"));
  const auto root = parse_json(R"({"a":1)");
  CHECK_FALSE(root);
}

TEST_CASE("members are found in objects and nowhere else", "[model]") {
  const auto root = *parse_json(R"({"text":"a","number":1,"inner":{"deep":true}})");
  CHECK(text_member(root, "text") == "a");
  CHECK(text_member(root, "number") == std::nullopt);
  CHECK(text_member(root, "deep") == std::nullopt);
  CHECK(member(root, "number").has_value());
  CHECK_FALSE(member(root, "absent").has_value());
  const auto list = *parse_json("[1]");
  CHECK_FALSE(member(list, "0").has_value());
  CHECK(text_member(list, "text") == std::nullopt);
}

TEST_CASE("every byte is escaped or not, wherever it stands", "[model]") {
  for (int byte = 0; byte < 128; ++byte)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      const auto alone = escaped(text.substr(at, 1));
      const auto inner = alone.substr(1, alone.size() - 2);
      CAPTURE(byte, at);
      REQUIRE(escaped(text) ==
              '"' + std::string(at, 'x') + inner + std::string(19 - at, 'x') + '"');
    }
}

TEST_CASE("text is escaped as JSON wants it and otherwise left alone", "[model]") {
  using namespace std::string_literals;
  CHECK(escaped("") == R"("")");
  CHECK(escaped("plain") == R"("plain")");
  CHECK(escaped("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(escaped("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(escaped("\0\x01\x1f\x7f"s) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(escaped("ä😀\u2028") == "\"ä😀\u2028\"");
  CHECK(escaped("</script>") == R"("</script>")");
}

TEST_CASE("every byte below 128 survives writing and reading", "[model]") {
  std::string all;
  for (char c = 0; c >= 0 && c < 127; ++c) all += c;
  const auto json = escaped(all);
  const auto root = parse_json(json);
  REQUIRE(root);
  CHECK(std::string_view(*root) == all);
}

TEST_CASE("commas stand between values and nowhere else", "[model]") {
  std::string out;
  json_writer(out)
      .begin_object()
      .field("a", 1)
      .key("b")
      .begin_array()
      .string("x")
      .begin_object()
      .end_object()
      .number(2.5)
      .null()
      .end_array()
      .field("c", true)
      .key("d")
      .begin_object()
      .end_object()
      .key("e")
      .raw("[1]")
      .field("f", "text")
      .end_object();
  CHECK(out == R"({"a":1,"b":["x",{},2.5,null],"c":true,"d":{},"e":[1],"f":"text"})");
}

TEST_CASE("numbers are written so that they can be read back", "[model]") {
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(written(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(written(1.0) == "1");
  CHECK(written(0.1) == "0.1");
  CHECK(written(std::numeric_limits<double>::infinity()) == "null");
  CHECK(written(std::numeric_limits<double>::quiet_NaN()) == "null");
}
