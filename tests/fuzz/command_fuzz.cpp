// One JSON text as the input of every command; and as the name of one, and as a message id. What
// passes the check keeps every bound of its schema and is what was given; what does not is
// explained in valid JSON.

#include <algorithm>

#include "actors/command_call.hpp"
#include "actors/command_table.hpp"
#include "model/command_result.hpp"
#include "model/ids.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace chat {

namespace {

using fuzz::promise;
using simdjson::dom::element;

void check_text(const field& f, std::string_view text, element given) {
  const auto units = utf16_length(text);
  const auto length = static_cast<std::int64_t>(
      f.in_utf16 ? units.value_or(0)
                 : std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  promise(units && length >= f.min && length <= f.max,
          "a text is valid Unicode and as long as it may be");
  promise(!f.room_id || is_room_id(text), "a room id is one");
  promise(f.choices.empty() || std::ranges::find(f.choices, text) != f.choices.end(),
          "a choice is one of them");
  promise(text_member(given, f.name) == text, "a text is the one given");
}

void check_integer(const field& f, std::int64_t value, element given) {
  promise(value >= f.min && value <= f.max, "a number is within its bounds");
  const auto number = member(given, f.name);
  double as_given = 0;
  if (number)
    promise(!number->get(as_given) && as_given == static_cast<double>(value),
            "a number is the one given");
  else
    promise(f.fallback == value, "a number that is absent is its fallback");
}

void check_taken(const checked_input& taken, element given) {
  for (const auto& f : taken.input.fields()) {
    promise(!f.required || taken.input.has(f.name), "what is required is there");
    if (!taken.input.has(f.name)) continue;
    if (f.type == field_type::string) check_text(f, taken.input.text(f.name), given);
    if (f.type == field_type::integer) check_integer(f, taken.input.integer(f.name), given);
  }
}

// The answer as the command actor makes it.
void check_answer(const command_call& call) {
  command_result result;
  if (call.input) {
    promise(call.input->unknown.size() <= limits::validation_errors_max, "warnings are bounded");
    for (const auto& name : call.input->unknown) result.warnings.push_back({"UNKNOWN_FIELD", name});
  } else {
    result = command_result::failed(call.input.error());
    promise(result.error.code == errc::validation_error, "bad input is called so");
    promise(!fuzz::value_at(result.error.details, "/errors/0/path").empty(),
            "details say what is wrong where");
  }
  promise(!fuzz::minified(encode(result, {})).empty(), "an answer is JSON");
}

void check_as_input(std::string_view json) {
  for (const auto& row : command_table()) {
    const auto given = parse_json(json);
    if (!given) return;
    const auto call = make_call(row.name, *given);
    promise(call->row == &row, "a command is found by its name");
    if (call->input) check_taken(*call->input, *given);
    check_answer(*call);
  }
}

void check_as_name(std::string_view name) {
  if (!is_utf8(name)) return;  // no JSON text is
  const auto call = make_call(name, std::nullopt);
  promise(is_utf8(call->command) && *utf16_length(call->command) <= 129,
          "a name is cut to be shown");
  const auto similar = similar_commands(name);
  promise(similar.size() <= limits::similar_commands_max, "suggestions are bounded");
  for (const auto& one : similar) promise(find_command(one) != nullptr, "what is suggested exists");
}

void check_as_message_id(std::string_view text) {
  if (const auto seq = parse_message_id(text))
    fuzz::promise_same(text, format_message_id(*seq), "a message id has one spelling");
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto input = fuzz::text_of(data, size);
  check_as_input(input);
  check_as_name(input);
  check_as_message_id(input);
  return 0;
}
