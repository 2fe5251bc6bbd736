// What people type as a command's input.

#include "cli/input.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

using namespace cli;

namespace {

std::string read(const std::vector<std::string>& arguments) {
  const auto input = parse_arguments(arguments);
  return input ? dump(*input) : input.error().code;
}

}  // namespace

TEST_CASE("pairs: a value that is JSON is taken as such, any other is text", "[cli]") {
  CHECK(read({}) == "{}");
  CHECK(read({"a=1", "b=true", "c=null", "d=x"}) == R"({"a":1,"b":true,"c":null,"d":"x"})");
  CHECK(read({"a=[1, 2]", R"(b={"c": "d"})"}) == R"({"a":[1,2],"b":{"c":"d"}})");
  CHECK(read({R"(a="42")", "b='42'", "c=", "d='"}) == R"({"a":"42","b":"42","c":"","d":"'"})");
  CHECK(read({"a=b=c", "d=don't"}) == R"({"a":"b=c","d":"don't"})");
  CHECK(read({"a:=1", R"(b:={"c":[]})"}) == R"({"a":1,"b":{"c":[]}})");
  CHECK(read({"__proto__=1", "a=1", "a=2"}) == R"({"__proto__":1,"a":2})");
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
  CHECK(*words ==
        std::vector<std::string>{R"(a="x y")", "b='1 2'", R"(c=[1, {"d ]": 2}])", "it's"});
  CHECK(split_words("")->empty());
  for (const auto* bad : {R"(a="x)", "a=[1", R"(a={"b":"})"}) CHECK(!split_words(bad));
  CHECK(dump(*parse_input_line(R"(text="a b" n=2)")) == R"({"text":"a b","n":2})");
}

}  // namespace chat::test
