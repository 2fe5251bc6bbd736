// What inputs may leave to the check: units of length, null, fields given twice.

#include <array>
#include <catch2/catch.hpp>

#include "model/json_reader.hpp"
#include "model/schema.hpp"
#include "tests/json_text.hpp"

using namespace chat;
using chat::test::at;

namespace {

constexpr std::string_view kinds[] = {"brief", "full"};
constexpr std::array input_fields{
    field{.name = "roomId", .required = true, .description = {}, .min = 1, .max = 8},
    field{.name = "note", .description = {}, .max = 4},
    field{.name = "limit",
          .type = field_type::integer,
          .description = {},
          .min = 1,
          .max = 100,
          .fallback = 50},
    field{.name = "deep", .type = field_type::boolean, .description = {}},
    field{.name = "format", .description = {}, .max = 16, .choices = kinds},
    field{.name = "sender", .description = {}, .max = 2, .in_utf16 = true},
    field{.name = "since", .description = {}, .min = 1, .max = 4, .nullable = true}};
const field_schema input_schema_here(input_fields);

result<checked_input> check_one(std::string_view json) {
  return check_input(input_schema_here.root(), *parse_json(json));
}

/// What is wrong first, or "taken".
std::string problem(std::string_view json) {
  const auto checked = check_one(json);
  if (checked) return "taken";
  return test::text_at(checked.error().details, "/errors/0/path") + ": " +
         test::text_at(checked.error().details, "/errors/0/message");
}

}  // namespace

TEST_CASE("texts are counted in characters, those of the public chat server as it does",
          "[model]") {
  CHECK(problem(R"({"roomId":"a","note":"😀😀日é"})") == "taken");
  CHECK(problem(R"({"roomId":"a","note":"😀😀日e\u0301"})") ==
        "note: Too big: expected string to have <=4 characters");
  CHECK(problem(R"({"roomId":"a","sender":"😀"})") == "taken");
  CHECK(problem(R"({"roomId":"a","sender":"😀x"})") ==
        "sender: Too big: expected string to have <=2 characters");
}

TEST_CASE("null says that an optional field is absent, unless it may be null", "[model]") {
  const auto absent = check_one(
      R"({"roomId":"a","note":null,"limit":null,"deep":null,"format":null,"sender":null})");
  REQUIRE(absent);
  for (const auto* name : {"note", "deep", "format", "sender", "since"}) {
    CAPTURE(name);
    CHECK_FALSE(absent->input.has(name));
    CHECK_FALSE(absent->input.is_null(name));
  }
  CHECK(absent->input.integer("limit") == 50);
  const auto null = check_one(R"({"roomId":"a","since":null})");
  REQUIRE(null);
  CHECK(null->input.is_null("since"));
  CHECK_FALSE(null->input.has("since"));
  CHECK(null->input.text("since").empty());
  CHECK(check_one(R"({"roomId":"a","since":"m1"})")->input.text("since") == "m1");
  const auto required = check_one(R"({"roomId":null})");
  REQUIRE_FALSE(required);
  CHECK(at(required.error().details, "/missingFields") == "absent");
}

TEST_CASE("of a field given twice the last one counts", "[model]") {
  const auto checked = check_one(R"({"roomId":"a","limit":1,"limit":2,"x":1,"x":2})");
  REQUIRE(checked);
  CHECK(checked->input.integer("limit") == 2);
  CHECK(checked->unknown == std::vector<std::string>{"x"});
}
