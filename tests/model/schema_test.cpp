// Checking a command's input, and telling clients what it may be.

#include "model/schema.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "model/json_reader.hpp"
#include "model/typescript.hpp"
#include "tests/json_text.hpp"

using namespace chat;
using chat::test::at;

namespace {

constexpr std::string_view formats[] = {"brief", "full"};
constexpr std::array fields{
    field{
        .name = "roomId", .required = true, .description = {}, .min = 1, .max = 8, .room_id = true},
    field{.name = "note", .description = {}, .max = 4},
    field{.name = "limit",
          .type = field_type::integer,
          .description = {},
          .min = 1,
          .max = 100,
          .fallback = 50},
    field{.name = "deep", .type = field_type::boolean, .description = {}},
    field{.name = "format", .description = {}, .max = 16, .choices = formats},
    field{.name = "sender", .description = {}, .max = 2, .in_utf16 = true},
    field{.name = "since", .description = {}, .min = 1, .max = 4, .nullable = true}};
const field_schema schema(fields);

result<checked_input> check(std::string_view json) {
  return check_input(schema.root(), *parse_json(json));
}

/// "path: message (code)" of each error, one a line; "taken" without any.
std::string problems(std::string_view json) {
  const auto checked = check(json);
  if (checked) return "taken";
  CHECK(checked.error().code == errc::validation_error);
  const auto details = checked.error().details;
  std::string out;
  for (int i = 0;; ++i) {
    const auto error = "/errors/" + std::to_string(i);
    if (at(details, error) == "absent") return out;
    if (i > 0) out += '\n';
    out += test::text_at(details, error + "/path") + ": " +
           test::text_at(details, error + "/message") + " (" +
           test::text_at(details, error + "/code") + ')';
  }
}

/// The limit that is understood from this JSON number, or what is wrong with it.
std::string limit_of(const std::string& number) {
  const auto json = R"({"roomId":"a","limit":)" + number + '}';
  if (!parse_json(json)) return "not JSON";
  const auto checked = check(json);
  return checked ? std::to_string(checked->input.integer("limit")) : problems(json);
}

}  // namespace

TEST_CASE("good input is there by name, with fallbacks for what is absent", "[model]") {
  const auto all = check(R"({"roomId":"a","note":"","limit":7,"deep":true,"format":"full"})");
  REQUIRE(all);
  CHECK(all->input.text("roomId") == "a");
  CHECK(all->input.has("note"));
  CHECK(all->input.text("note").empty());
  CHECK(all->input.integer("limit") == 7);
  CHECK(all->input.boolean("deep"));
  CHECK(all->input.text("format") == "full");
  CHECK(all->unknown.empty());
  const auto few = check(R"({"roomId":"a"})");
  REQUIRE(few);
  CHECK_FALSE(few->input.has("note"));
  CHECK(few->input.text("note").empty());
  CHECK(few->input.integer("limit") == 50);
  CHECK_FALSE(few->input.boolean("deep"));
}

TEST_CASE("each way to be wrong has its words and its code", "[model]") {
  CHECK(problems("{}") ==
        "roomId: Invalid input: expected string, received undefined (invalid_type)");
  CHECK(problems(R"({"roomId":null})") ==
        "roomId: Invalid input: expected string, received null (invalid_type)");
  CHECK(problems(R"({"roomId":5})") ==
        "roomId: Invalid input: expected string, received number (invalid_type)");
  CHECK(problems(R"({"roomId":["a"]})") ==
        "roomId: Invalid input: expected string, received array (invalid_type)");
  CHECK(problems(R"({"roomId":""})") ==
        "roomId: Too small: expected string to have >=1 characters (too_small)");
  CHECK(problems(R"({"roomId":"123456789"})") ==
        "roomId: Too big: expected string to have <=8 characters (too_big)");
  CHECK(problems(R"({"roomId":"a b"})") ==
        "roomId: Invalid string: must match pattern /^[A-Za-z0-9._-]{1,64}$/ (invalid_format)");
  CHECK(problems(R"({"roomId":"a","limit":"5"})") ==
        "limit: Invalid input: expected number, received string (invalid_type)");
  CHECK(problems(R"({"roomId":"a","limit":0})") ==
        "limit: Too small: expected number to be >=1 (too_small)");
  CHECK(problems(R"({"roomId":"a","limit":101})") ==
        "limit: Too big: expected number to be <=100 (too_big)");
  CHECK(problems(R"({"roomId":"a","deep":1})") ==
        "deep: Invalid input: expected boolean, received number (invalid_type)");
  CHECK(problems(R"({"roomId":"a","deep":"true"})") ==
        "deep: Invalid input: expected boolean, received string (invalid_type)");
  CHECK(problems(R"({"roomId":"a","format":"Full"})") ==
        R"(format: Invalid option: expected one of "brief"|"full" (invalid_value))");
}

TEST_CASE("input that is no object is refused at its root", "[model]") {
  CHECK(problems("[]") == "(root): Invalid input: expected object, received array (invalid_type)");
  CHECK(problems("\"a\"") ==
        "(root): Invalid input: expected object, received string (invalid_type)");
  CHECK(problems("null") == "(root): Invalid input: expected object, received null (invalid_type)");
}

TEST_CASE("no input at all counts as an empty object", "[model]") {
  CHECK_FALSE(check_input(schema.root(), std::nullopt));
  const field_schema nothing({});
  CHECK(check_input(nothing.root(), std::nullopt));
  const auto behind_first = std::span<const field>(fields).subspan(1);
  const field_schema optional(behind_first);
  CHECK(check_input(optional.root(), std::nullopt)->input.integer("limit") == 50);
}

TEST_CASE("a whole number is an integer however it is written", "[model]") {
  CHECK(limit_of("5") == "5");
  CHECK(limit_of("5.0") == "5");
  CHECK(limit_of("1e2") == "100");
  CHECK(limit_of("500e-2") == "5");
  CHECK(limit_of("5.5") == "limit: Invalid input: expected int, received number (invalid_type)");
  CHECK(limit_of("1e-400") == "limit: Too small: expected number to be >=1 (too_small)");
  CHECK(limit_of("-0") == "limit: Too small: expected number to be >=1 (too_small)");
  CHECK(limit_of("-0.0") == "limit: Too small: expected number to be >=1 (too_small)");
}

TEST_CASE("a number beyond 64 bits is out of bounds, not another number", "[model]") {
  const std::string too_big = "limit: Too big: expected number to be <=100 (too_big)";
  const std::string too_small = "limit: Too small: expected number to be >=1 (too_small)";
  CHECK(limit_of("9223372036854775807") == too_big);
  CHECK(limit_of("9223372036854775808") == too_big);
  CHECK(limit_of("18446744073709551615") == too_big);
  CHECK(limit_of("-9223372036854775808") == too_small);
  CHECK(limit_of("9223372036854775808.0") == too_big);
  CHECK(limit_of("1e19") == too_big);
  CHECK(limit_of("1e308") == too_big);
  CHECK(limit_of("-1e308") == too_small);
  CHECK(limit_of("1e400") == too_big);
  CHECK(limit_of("-1" + std::string(400, '0')) == too_small);
}

TEST_CASE("a refusal says what was expected, what was not, and what is missing", "[model]") {
  const auto checked = check(R"({"room":"a","limit":0})");
  REQUIRE_FALSE(checked);
  const auto& why = checked.error();
  CHECK(why.message == "Input validation failed");
  CHECK(why.suggestion ==
        "- roomId: Invalid input: expected string, received undefined\n"
        "- limit: Too small: expected number to be >=1"
        ". Unknown field(s): room. Missing required field(s): roomId"
        ". Expected fields: roomId, note, limit, deep, format, sender, since");
  CHECK(why.details ==
        R"({"errors":[{"path":"roomId","message":)"
        R"("Invalid input: expected string, received undefined","code":"invalid_type",)"
        R"("expected":"string"},)"
        R"({"path":"limit","message":"Too small: expected number to be >=1","code":"too_small"}],)"
        R"("expectedFields":["roomId","note","limit","deep","format","sender","since"],)"
        R"("unexpectedFields":["room"],"missingFields":["roomId"]})");
}

TEST_CASE("of a refusal what would be empty is left out", "[model]") {
  const auto checked = check(R"({"roomId":"a","limit":0})");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().suggestion ==
        "limit: Too small: expected number to be >=1. Expected fields: roomId, note, limit, deep, "
        "format, sender, since");
  CHECK(test::keys(checked.error().details) == "errors expectedFields");
  const field_schema nothing({});
  const auto list = check_input(nothing.root(), *parse_json("[]"));
  REQUIRE_FALSE(list);
  CHECK(list.error().suggestion == "Invalid input: expected object, received array");
  CHECK(test::keys(list.error().details) == "errors");
}

TEST_CASE("unknown fields pass and are named, cut and counted", "[model]") {
  const auto few = check(R"({"roomId":"a","x":1,"":2})");
  REQUIRE(few);
  CHECK(few->unknown == std::vector<std::string>{"x", ""});
  const auto long_name = check(R"({"roomId":"a",")" + std::string(1'000, 'y') + R"(":1})");
  REQUIRE(long_name);
  CHECK(long_name->unknown == std::vector<std::string>{std::string(64, 'y')});
  std::string many = R"({"roomId":"a")";
  for (int i = 0; i < 100; ++i) many += ",\"f" + std::to_string(i) + "\":1";
  CHECK(check(many + "}")->unknown.size() == 20);
}

TEST_CASE("a schema is JSON Schema", "[model]") {
  CHECK(to_json_schema(fields) ==
        R"({"type":"object","properties":{)"
        R"("roomId":{"type":"string","minLength":1,"maxLength":8,)"
        R"("pattern":"^[A-Za-z0-9._-]{1,64}$"},)"
        R"("note":{"type":"string","maxLength":4},)"
        R"("limit":{"type":"integer","minimum":1,"maximum":100,"default":50},)"
        R"("deep":{"type":"boolean"},)"
        R"("format":{"type":"string","maxLength":16,"enum":["brief","full"]},)"
        R"("sender":{"type":"string","maxLength":2},)"
        R"("since":{"type":["string","null"],"minLength":1,"maxLength":4}},)"
        R"("required":["roomId"]})");
  CHECK(to_json_schema(std::span<const field>{}) == R"({"type":"object","properties":{}})");
}

namespace {

constexpr std::array step_fields{
    field{.name = "command", .required = true, .description = {}, .min = 1, .max = 8},
    field{.name = "input", .type = field_type::json_object, .description = {}}};
constexpr std::array option_fields{
    field{.name = "stop", .type = field_type::boolean, .description = {}},
    field{
        .name = "times", .type = field_type::integer, .description = {}, .max = 9, .fallback = 3}};
constexpr std::array nested_fields{
    field{.name = "steps",
          .type = field_type::objects,
          .required = true,
          .description = {},
          .min = 1,
          .max = 3,
          .members = step_fields},
    field{
        .name = "options", .type = field_type::object, .description = {}, .members = option_fields},
    field{.name = "tag",
          .type = field_type::text_or_texts,
          .description = {},
          .max = 2,
          .item_units_max = 4},
    field{.name = "value", .type = field_type::json, .description = {}},
    field{.name = "ratio", .type = field_type::number, .description = {}, .max = 9}};
const field_schema nested_schema(nested_fields);

result<checked_input> check_nested(std::string_view json) {
  return check_input(nested_schema.root(), *parse_json(json));
}

/// "path (code)" of each error.
std::string nested_problems(std::string_view json) {
  const auto checked = check_nested(json);
  if (checked) return "taken";
  std::string out;
  for (int i = 0;; ++i) {
    const auto error = "/errors/" + std::to_string(i);
    const auto path = test::text_at(checked.error().details, error + "/path");
    if (path == "absent") return out;
    out += (i > 0 ? ", " : "") + path + " (" +
           test::text_at(checked.error().details, error + "/code") + ')';
  }
}

}  // namespace

TEST_CASE("objects within an input are there by name; any JSON is kept as text", "[model]") {
  const auto checked =
      check_nested(R"({"steps":[{"command":"a","input":{"x":[1,2.5,"ü"]}},{"command":"b"}],)"
                   R"("options":{"stop":true},"tag":"one","value":[null, {"y" : 1e3}]})");
  REQUIRE(checked);
  const auto steps = checked->input.objects("steps");
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].text("command") == "a");
  CHECK(steps[0].text("input") == R"({"x":[1,2.5,"ü"]})");
  CHECK_FALSE(steps[1].has("input"));
  const auto options = checked->input.objects("options");
  REQUIRE(options.size() == 1);
  CHECK(options[0].boolean("stop"));
  CHECK(options[0].integer("times") == 3);
  CHECK(checked->input.texts("tag") == std::vector<std::string>{"one"});
  CHECK(at(checked->input.text("value"), "/1/y") == "1000.0");
  const auto list = check_nested(R"({"steps":[{"command":"a"}],"tag":["one","two"]})");
  REQUIRE(list);
  CHECK(list->input.texts("tag") == std::vector<std::string>{"one", "two"});
  CHECK(list->input.objects("options").empty());
}

TEST_CASE("what is wrong within an input is named by its path", "[model]") {
  CHECK(nested_problems("{}") == "steps (invalid_type)");
  CHECK(nested_problems(R"({"steps":{}})") == "steps (invalid_type)");
  CHECK(nested_problems(R"({"steps":[]})") == "steps (too_small)");
  CHECK(nested_problems(R"({"steps":[1,2,3,4]})") ==
        "steps.0 (invalid_type), steps.1 (invalid_type), steps.2 (invalid_type), steps (too_big)");
  CHECK(nested_problems(R"({"steps":[1,{}]})") ==
        "steps.0 (invalid_type), steps.1.command (invalid_type)");
  CHECK(nested_problems(R"({"steps":[{"command":"","input":[]}]})") ==
        "steps.0.command (too_small), steps.0.input (invalid_type)");
  CHECK(nested_problems(R"({"steps":[{"command":"a"}],"options":{"times":10,"stop":1}})") ==
        "options.stop (invalid_type), options.times (too_big)");
  CHECK(nested_problems(R"({"steps":[{"command":"a"}],"options":[]})") == "options (invalid_type)");
  for (const auto* tag : {R"(["a","","abcde"])", R"(["","abcde"])", "5", R"("abcde")", "{}"})
    CHECK(nested_problems(R"({"steps":[{"command":"a"}],"tag":)" + std::string(tag) + '}') ==
          "tag (invalid_union)");
  CHECK(nested_problems(R"({"steps":[{"command":"a"}],"ratio":9.5})") == "ratio (too_big)");
  CHECK(check_nested(R"({"steps":[{"command":"a"}],"ratio":2.5})")->input.number("ratio") == 2.5);
}

TEST_CASE("lists of a refusal name what is at the top of the input", "[model]") {
  const auto deep = check_nested(R"({"steps":[{"x":1}],"options":{"y":1},"z":1})");
  REQUIRE_FALSE(deep);
  CHECK(at(deep.error().details, "/missingFields") == "absent");
  CHECK(at(deep.error().details, "/unexpectedFields") == R"(["z"])");
  const auto taken = check_nested(R"({"steps":[{"command":"a","x":1}],"options":{"y":1},"z":1})");
  REQUIRE(taken);
  CHECK(taken->unknown == std::vector<std::string>{"steps.0.x", "options.y", "z"});
}

TEST_CASE("problems come in the order of the schema, those of a list after its items'", "[model]") {
  CHECK(nested_problems(R"({"value":1,"ratio":"x","options":{"times":10,"stop":1},)"
                        R"("steps":[{"command":""},5,{},{"command":5}]})") ==
        "steps.0.command (too_small), steps.1 (invalid_type), steps.2.command (invalid_type), "
        "steps (too_big), options.stop (invalid_type), options.times (too_big), "
        "ratio (invalid_type)");
}

TEST_CASE("where null is a value like another it is refused", "[model]") {
  const field_schema strict(nested_fields, false);
  const auto checked =
      check_input(strict.root(), *parse_json(R"({"steps":[{"command":"a"}],"options":null})"));
  REQUIRE_FALSE(checked);
  CHECK(test::text_at(checked.error().details, "/errors/0/message") ==
        "Invalid input: expected object, received null");
  CHECK(check_nested(R"({"steps":[{"command":"a","input":null}],"options":null})"));
}

TEST_CASE("of many errors the first ones are named", "[model]") {
  std::string steps;
  for (int i = 0; i < 100; ++i) steps += i == 0 ? "5" : ",5";
  constexpr std::array many{field{.name = "steps",
                                  .type = field_type::objects,
                                  .description = {},
                                  .max = 100,
                                  .members = step_fields}};
  const field_schema many_schema(many);
  const auto checked = check_input(many_schema.root(), *parse_json(R"({"steps":[)" + steps + "]}"));
  REQUIRE_FALSE(checked);
  CHECK(at(checked.error().details, "/errors/19/path") == R"("steps.19")");
  CHECK(at(checked.error().details, "/errors/20") == "absent");
}

TEST_CASE("a schema with objects within is JSON Schema", "[model]") {
  CHECK(to_json_schema(nested_fields) ==
        R"({"type":"object","properties":{"steps":{"type":"array","minItems":1,"maxItems":3,)"
        R"("items":{"type":"object","properties":{)"
        R"("command":{"type":"string","minLength":1,"maxLength":8},"input":{"type":"object"}},)"
        R"("required":["command"]}},"options":{"type":"object","properties":{)"
        R"("stop":{"type":"boolean"},)"
        R"("times":{"type":"integer","minimum":0,"maximum":9,"default":3}}},)"
        R"("tag":{"anyOf":[{"type":"string","minLength":1,"maxLength":4},)"
        R"({"type":"array","maxItems":2,"items":{"type":"string","minLength":1,"maxLength":4}}]},)"
        R"("value":{},"ratio":{"type":"number","minimum":0,"maximum":9}},)"
        R"("required":["steps"]})");
}

TEST_CASE("a schema is a TypeScript type", "[model]") {
  CHECK(to_typescript(to_json_schema(fields)) ==
        R"({ roomId: string; note?: string; limit?: number; deep?: boolean; )"
        R"(format?: "brief" | "full"; sender?: string; since?: string | null })");
  CHECK(to_typescript(to_json_schema(std::span<const field>{})) == "{}");
  CHECK(to_typescript(to_json_schema(nested_fields)) ==
        "{ steps: { command: string; input?: Record<string, unknown> }[]; "
        "options?: { stop?: boolean; times?: number }; tag?: string | string[]; value?: unknown; "
        "ratio?: number }");
  CHECK(to_typescript(R"({"type":["string","null"]})") == "string | null");
  CHECK(to_typescript(R"({"type":"array","items":{"enum":["a",1]}})") == R"(("a" | 1)[])");
  CHECK(to_typescript(R"({"type":"object","additionalProperties":{"type":"integer"}})") ==
        "Record<string, number>");
  CHECK(to_typescript(R"({"const":true})") == "true");
  CHECK(to_typescript("nonsense") == "unknown");
}
