// References and conditions of pipes, rule by rule of the public specification.

#include <catch2/catch.hpp>

#include "model/pipe_condition.hpp"
#include "model/pipe_values.hpp"

using namespace chat;

namespace {

/// Three steps: the first succeeded, the second was skipped, the third succeeded.
pipe_values some_values() {
  pipe_values values(R"({"who":"Ada","deep":{"n":5}})");
  values.add_step("rooms", R"({"rooms":[{"id":"general"},{"id":"tiny"}],"total":2,"none":null,)"
                           R"("__secret":1,"a b":1})");
  values.add_step("skipped", std::nullopt);
  values.add_step("last", R"(["x","y"])");
  return values;
}

/// What a reference resolves to as JSON, or "absent".
std::string found(const std::string& reference) {
  auto values = some_values();
  const auto* value = values.find(reference);
  return value ? value->dump() : "absent";
}

std::string resolved(const std::string& input, std::size_t bytes_max = 10'000) {
  auto values = some_values();
  return values.resolve(pipe_value::parse(input), bytes_max).value_or("too big");
}

bool is_met(const std::string& condition) {
  auto values = some_values();
  const auto parsed = pipe_value::parse(condition);
  REQUIRE_FALSE(check_condition(parsed, "when"));
  return holds(parsed, values);
}

std::string wrong_at(const std::string& condition) {
  const auto wrong = check_condition(pipe_value::parse(condition), "when");
  return wrong ? wrong->path : "fine";
}

}  // namespace

TEST_CASE("a reference names a step, or the input, and a path in it", "[model]") {
  CHECK(found("$prev") == R"(["x","y"])");
  CHECK(found("$prev.1") == R"("y")");
  CHECK(found("$first.total") == "2");
  CHECK(found("$first.rooms[1].id") == R"("tiny")");
  CHECK(found("$first.rooms.0.id") == R"("general")");
  CHECK(found("$steps[0].total") == "2");
  CHECK(found("$steps[2]") == R"(["x","y"])");
  CHECK(found("$steps.rooms.rooms[0]") == R"({"id":"general"})");
  CHECK(found("$steps.last.0") == R"("x")");
  CHECK(found("$input.deep.n") == "5");
  CHECK(found("$first.none") == "null");
}

TEST_CASE("what is not there is absent", "[model]") {
  for (const auto* reference :
       {"$steps[1]", "$steps[3]", "$steps[99999999999999999999]", "$steps.skipped", "$steps.other",
        "$prev.2", "$prev.x", "$first.rooms[2]", "$first.rooms.id", "$first.total.x",
        "$first.total[0]", "$first.__secret", "$first.constructor", "$first.toString",
        "$steps.__proto__", "$input.nothing"})
    CHECK(found(reference) == "absent");
  pipe_values nothing("");
  CHECK(nothing.find("$input") == nullptr);
  CHECK(nothing.find("$prev") == nullptr);
  CHECK(nothing.find("$first") == nullptr);
}

TEST_CASE("a text is a reference only as a whole", "[model]") {
  for (const auto* text : {"$9.99",
                           "$HOME",
                           "$prevx",
                           "$",
                           "$$prev",
                           "$steps",
                           "$steps.",
                           "$steps[]",
                           "$steps[x]",
                           "$steps[-1]",
                           "$steps[+1]",
                           "$steps[0",
                           "$steps[0]x",
                           "$prev.",
                           "$prev..a",
                           "$prev.a[",
                           "$prev.a[x]",
                           "$prev.a[0]b",
                           "$prev.a[0][1]",
                           "$prev.a b",
                           " $prev",
                           "$prev ",
                           "x$prev",
                           "${prev}",
                           "$input[0]",
                           "$Prev",
                           "",
                           "$prev.a\u00a0b",
                           "$prev.a\u3000",
                           "$steps.a\u2028"})
    CHECK_FALSE(is_pipe_reference(text));
  CHECK(is_pipe_reference("$prev." + std::string(1018, 'x')));
  CHECK_FALSE(is_pipe_reference("$prev." + std::string(1019, 'x')));
}

TEST_CASE("an input is resolved: types are kept, what is absent is left out", "[model]") {
  CHECK(resolved(R"({"a":"$first.total","b":"$9.99","c":"$$prev","d":true,"e":1.5,"f":null})") ==
        R"({"a":2,"b":"$9.99","c":"$prev","d":true,"e":1.5,"f":null})");
  CHECK(resolved(R"({"a":"$prev.9","b":["$prev.9","$prev.0"],"c":{"d":"$prev.9"}})") ==
        R"({"b":[null,"x"],"c":{}})");
  CHECK(resolved(R"({"list":"$first.rooms","text":"say $prev"})") ==
        R"({"list":[{"id":"general"},{"id":"tiny"}],"text":"say $prev"})");
  CHECK(resolved(R"({"a":[],"b":{},"c":[[],[{}]]})") == R"({"a":[],"b":{},"c":[[],[{}]]})");
  CHECK(resolved(R"({"q\"uote":"ü\n"})") == R"({"q\"uote":"ü\n"})");
}

TEST_CASE("what an input may not have meant is noted", "[model]") {
  auto values = some_values();
  const auto notes = [&](const std::string& input) {
    values.resolve(pipe_value::parse(input), 10'000);
    std::string out;
    for (const auto& note : values.notes()) out += (out.empty() ? "" : "|") + note;
    return out;
  };
  CHECK(notes(R"({"a":"$prev.9","b":["$prev.0","$prev.9"],"c":{"d":"$input.no"}})") ==
        "a: $prev.9 was not there|b.1: $prev.9 was not there|c.d: $input.no was not there");
  CHECK(notes(R"({"a":"$prev.0","b":"$9.99","c":"$HOME","d":"$$previous.x","e":"$prev. So"})")
            .empty());
  CHECK(notes(R"({"a":"$previous.x"})").find("a: $previous.x is no reference") == 0);
  CHECK(notes(R"({"a":"$steps[x].id"})").find("a: $steps[x].id is no reference") == 0);
  std::string many = R"({"a":["$prev.9")";
  for (int i = 0; i < 100; ++i) many += R"(,"$prev.9")";
  notes(many + "]}");
  CHECK(values.notes().size() == 20);
}

TEST_CASE("what references make of an input is bounded", "[model]") {
  CHECK(resolved(R"({"a":["$prev","$prev"]})", 27) == R"({"a":[["x","y"],["x","y"]]})");
  CHECK(resolved(R"({"a":["$prev","$prev"]})", 26) == "too big");
}

TEST_CASE("of steps that share a name the first that ran well is meant", "[model]") {
  pipe_values values("");
  values.add_step("one", std::nullopt);
  values.add_step("one", "1");
  values.add_step("one", "2");
  CHECK(*values.find("$steps.one") == 1);
  CHECK(values.find("$first") == nullptr);
  values.forget();
  CHECK(*values.find("$steps.one") == 1);
}

TEST_CASE("conditions compare what is there", "[model]") {
  CHECK(is_met(R"({"$exists":"$first.total"})"));
  CHECK_FALSE(is_met(R"({"$exists":"$first.none"})"));
  CHECK_FALSE(is_met(R"({"$exists":"$first.other"})"));
  CHECK(is_met(R"({"$eq":["$first.total",2]})"));
  CHECK(is_met(R"({"$eq":["$first.total",2.0]})"));
  CHECK_FALSE(is_met(R"({"$eq":["$first.total","2"]})"));
  CHECK(is_met(R"({"$eq":["$first.none",null]})"));
  CHECK(is_met(R"({"$eq":["$first.rooms",[{"id":"general"},{"id":"tiny"}]]})"));
  CHECK_FALSE(is_met(R"({"$eq":["$first.other",null]})"));
  CHECK(is_met(R"({"$ne":["$first.total",3]})"));
  CHECK_FALSE(is_met(R"({"$ne":["$first.other",3]})"));
  CHECK(is_met(R"({"$gt":["$first.total",1]})"));
  CHECK_FALSE(is_met(R"({"$gt":["$first.total",2]})"));
  CHECK(is_met(R"({"$gte":["$first.total",2]})"));
  CHECK(is_met(R"({"$lt":["$first.total",2.5]})"));
  CHECK(is_met(R"({"$lte":["$first.total",2]})"));
  CHECK_FALSE(is_met(R"({"$gt":["$prev.0",1]})"));
  CHECK(is_met(R"({"$and":[{"$exists":"$prev"},{"$not":{"$exists":"$steps.skipped"}}]})"));
  CHECK_FALSE(is_met(R"({"$and":[{"$exists":"$prev"},{"$exists":"$steps.skipped"}]})"));
  CHECK(is_met(R"({"$or":[{"$exists":"$steps.skipped"},{"$exists":"$prev"}]})"));
  CHECK(is_met(R"({"$and":[]})"));
  CHECK_FALSE(is_met(R"({"$or":[]})"));
}

TEST_CASE("a text that is no reference is as absent as one that finds nothing", "[model]") {
  for (const auto* text : {"prev", "$$first", "$previous.id", "", "$first.to\u00a0tal"}) {
    const auto quoted = '"' + std::string(text) + '"';
    CAPTURE(text);
    CHECK_FALSE(is_met(R"({"$exists":)" + quoted + '}'));
    CHECK_FALSE(is_met(R"({"$eq":[)" + quoted + R"(,null]})"));
    CHECK_FALSE(is_met(R"({"$ne":[)" + quoted + R"(,1]})"));
    CHECK_FALSE(is_met(R"({"$lt":[)" + quoted + R"(,1]})"));
    CHECK(is_met(R"({"$not":{"$exists":)" + quoted + "}}"));
  }
}

TEST_CASE("a condition that is none is named by its path", "[model]") {
  CHECK(wrong_at("{}") == "when");
  CHECK(wrong_at("5") == "when");
  CHECK(wrong_at(R"({"$exists":"$prev","$not":{"$exists":"$prev"}})") == "when");
  CHECK(wrong_at(R"({"$like":["$prev","x"]})") == "when");
  CHECK(wrong_at(R"({"$exists":5})") == "when.$exists");
  CHECK(wrong_at(R"({"$eq":["$prev"]})") == "when.$eq");
  CHECK(wrong_at(R"({"$eq":[1,"$prev"]})") == "when.$eq");
  CHECK(wrong_at(R"({"$gt":["$prev","1"]})") == "when.$gt");
  CHECK(wrong_at(R"({"$and":{"$exists":"$prev"}})") == "when.$and");
  CHECK(wrong_at(R"({"$or":[{"$exists":"$prev"},{"$not":[]}]})") == "when.$or.1.$not");
}
