// Texts of a command's input: broken ones, those that stand twice, and names.

#include <array>
#include <catch2/catch.hpp>

#include "model/json_reader.hpp"
#include "model/schema.hpp"
#include "tests/json_text.hpp"

namespace chat::test {

namespace {

constexpr std::array text_fields{
    field{
        .name = "roomId", .required = true, .description = {}, .min = 1, .max = 8, .room_id = true},
    field{.name = "note", .description = {}, .max = 4},
    field{.name = "limit", .type = field_type::integer, .description = {}, .min = 1, .max = 100}};
const field_schema text_schema(text_fields);

result<checked_input> check(std::string_view json) {
  return check_input(text_schema.root(), *parse_json(json));
}

/// "path: message (code)" of the first error.
std::string problems(std::string_view json) {
  const auto checked = check(json);
  if (checked) return "taken";
  const auto of = [&](const char* what) { return text_at(checked.error().details, what); };
  return of("/errors/0/path") + ": " + of("/errors/0/message") + " (" + of("/errors/0/code") + ')';
}

}  // namespace

TEST_CASE("a lone surrogate is refused where it stands", "[model]") {
  CHECK(problems(R"({"roomId":"a","note":"x\ud83d"})") ==
        "note: Invalid string: must be valid Unicode, without lone surrogates (invalid_format)");
  CHECK(problems(R"({"roomId":"a","limit":"\ud83d"})") ==
        "limit: Invalid input: expected number, received string (invalid_type)");
  const auto named = check(R"({"roomId":"a","\ud83d":1,"\udfff":2})");
  REQUIRE(named);
  CHECK(named->unknown == std::vector<std::string>{"\uFFFD"});
}

TEST_CASE("of a field that stands twice the last one counts", "[model]") {
  CHECK(check(R"({"roomId":5,"roomId":"a"})")->input.text("roomId") == "a");
  CHECK(problems(R"({"roomId":"a","roomId":5})") ==
        "roomId: Invalid input: expected string, received number (invalid_type)");
  CHECK(check(R"({"roomId":"a","x":1,"x":2})")->unknown == std::vector<std::string>{"x"});
}

TEST_CASE("a name that others see is taken in one form, or refused", "[model]") {
  static constexpr std::array name_fields{
      field{.name = "name", .description = {}, .min = 1, .max = 4, .shown_name = true}};
  static const field_schema name_schema(name_fields);
  const auto taken = [](std::string_view json) {
    const auto checked = check_input(name_schema.root(), *parse_json(json));
    return checked ? std::string(checked->input.text("name"))
                   : text_at(checked.error().details, "/errors/0/code");
  };
  CHECK(taken(R"({"name":"  Ada "})") == "Ada");
  CHECK(taken(R"({"name":"Rene\u0301"})") == "René");  // is counted as it is kept
  CHECK(taken(R"({"name":""})") == "too_small");
  CHECK(taken(R"({"name":"Renée"})") == "too_big");
  for (const auto* bad : {R"({"name":"  "})", R"({"name":"A\nB"})", R"({"name":"\u202EAda"})",
                          R"({"name":"A\ud83d"})", R"({"name":"A\u0000"})"}) {
    CAPTURE(bad);
    CHECK(taken(bad) == "invalid_format");
  }
}

}  // namespace chat::test
