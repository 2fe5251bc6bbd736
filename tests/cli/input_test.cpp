// What people type as a command's input.

#include "cli/input.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

using namespace cli;

namespace {

// A command whose keys `text`, `either`, `some` and `word` take text, `n` a number; nothing is
// known of others.
outcome<json> type(const std::string& key) {
  if (key == "text") return json{{"type", "string"}};
  if (key == "either") return json{{"type", {"string", "null"}}};
  if (key == "some") return json::parse(R"({"anyOf":[{"type":"number"},{"type":"string"}]})");
  if (key == "word") return json::parse(R"({"enum":["on","off"]})");
  if (key == "n") return json{{"type", "integer"}};
  return json();
}

std::string read(const std::vector<std::string>& arguments) {
  const auto input = parse_arguments(arguments, type);
  return input ? dump(*input) : input.error().code;
}

}  // namespace

TEST_CASE("pairs: a value that is JSON is taken as such, any other is text", "[cli]") {
  CHECK(read({}) == "{}");
  CHECK(read({"a=1", "b=true", "c=null", "d=x"}) == R"({"a":1,"b":true,"c":null,"d":"x"})");
  CHECK(read({"a=[1, 2]", R"(b={"c": "d"})"}) == R"({"a":[1,2],"b":{"c":"d"}})");
  CHECK(read({"c=", "d='"}) == R"({"c":"","d":"'"})");
  CHECK(read({"a=b=c", "d=don't"}) == R"({"a":"b=c","d":"don't"})");
  CHECK(read({"a:=1", R"(b:={"c":[]})"}) == R"({"a":1,"b":{"c":[]}})");
  CHECK(read({"__proto__=1", "a=1", "a=2"}) == R"({"__proto__":1,"a":2})");
}

TEST_CASE("pairs: where the schema takes text, a value is text as it stands", "[cli]") {
  for (const std::string key : {"text", "either", "some", "word"})
    for (const std::string value : {"42", "true", "null", "[1]", R"({"a":1})", R"("quoted")",
                                    R"("tab\there")", R"(C:\new)", "'x'", " 1 "}) {
      CAPTURE(key, value);
      CHECK(read({key + '=' + value, "n=1"}) == dump(json{{key, value}, {"n", 1}}));
    }
  CHECK(read({"n=42", "other=42"}) == R"({"n":42,"other":42})");
  CHECK(read({"n=\"42\"", "b=1"}) == R"({"n":"\"42\"","b":1})");
  CHECK(read({"text:=42", "n:=\"4\""}) == R"({"text":42,"n":"4"})");
}

TEST_CASE("the node is asked for types only where a value could be JSON", "[cli]") {
  int asked = 0;
  const auto count = [&](const std::string&) -> outcome<json> {
    ++asked;
    return no("NODE_UNREACHABLE", "it is away", "start it");
  };
  CHECK(parse_arguments({"text=hello", "b:=1", "c=\"x\""}, count));
  CHECK(asked == 0);
  const auto input = parse_arguments({"text=42", "b=1"}, count);
  REQUIRE(!input);
  CHECK(input.error().code == "NODE_UNREACHABLE");
}

TEST_CASE("one argument may be a JSON object, all pairs, or one pair with spaces", "[cli]") {
  CHECK(read({R"({"a": {"b": 1}})"}) == R"({"a":{"b":1}})");
  CHECK(read({"a=1 b=two"}) == R"({"a":1,"b":"two"})");
  CHECK(read({"a=hello world"}) == R"({"a":"hello world"})");
  CHECK(read({"a=hello world=x !"}) == R"({"a":"hello world=x !"})");
  CHECK(read({"a=1 b=two", "c=3"}) == R"({"a":"1 b=two","c":3})");
}

TEST_CASE("what is no input is refused", "[cli]") {
  for (const auto* bad : {"a", "=1", "{", "{]", "[1]", "a:=", "a:=x", ":=1", ""}) {
    CAPTURE(bad);
    CHECK(read({bad}) == (std::string(bad).empty() ? "{}" : "INVALID_INPUT"));
  }
}

TEST_CASE("a line is split by spaces, but not within quotes and brackets", "[cli]") {
  const auto words = split_words(R"( a="x y"  b='1 2' c=[1, {"d ]": 2}] it's )");
  REQUIRE(words);
  CHECK(*words == std::vector<std::string>{"a=x y", "b=1 2", R"(c=[1, {"d ]": 2}])", "it's"});
  CHECK(*split_words(R"(a="say \"hi\" C:\new \\" b:="x y")") ==
        std::vector<std::string>{R"(a=say "hi" C:\new \)", R"(b:="x y")"});
  CHECK(split_words("")->empty());
  for (const auto* bad : {R"(a="x)", "a=[1", R"(a={"b":"})"}) CHECK(!split_words(bad));
  CHECK(dump(*parse_input_line(R"(text="a b" n=2)", type)) == R"({"text":"a b","n":2})");
}

}  // namespace chat::test
