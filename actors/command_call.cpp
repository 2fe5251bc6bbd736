#include "actors/command_call.hpp"

#include <algorithm>
#include <vector>

#include "actors/command_inputs.hpp"
#include "actors/command_table.hpp"
#include "model/alike.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/signature.hpp"

namespace chat {

namespace {

// The same JSON whatever the order of its fields, and without those of that name at its top.
void append_sorted(std::string& out, simdjson::dom::element value, std::string_view left_out = {}) {
  simdjson::dom::object object;
  simdjson::dom::array list;
  if (!value.get(object)) {
    std::vector<simdjson::dom::key_value_pair> fields;
    for (const auto field : object)
      if (left_out.empty() || field.key != left_out) fields.push_back(field);
    std::ranges::stable_sort(fields, {}, &simdjson::dom::key_value_pair::key);
    out += '{';
    for (const auto& field : fields) {
      append_json_string(out, field.key);
      out += ':';
      append_sorted(out, field.value);
      out += ',';
    }
    out += '}';
  } else if (!value.get(list)) {
    out += '[';
    for (const auto item : list) {
      append_sorted(out, item);
      out += ',';
    }
    out += ']';
  } else {
    out += to_json(value);
  }
}

// What makes two calls the same one. A dry run finds what the call itself would.
std::string fingerprint_of(const command_row& row, simdjson::dom::element input) {
  std::string text(row.name);
  text += '\n';
  append_sorted(text, input, inputs::dry_run.name);
  return sha256(text);
}

}  // namespace

std::string_view meant_of_writes(std::string_view name) {
  constexpr std::size_t letters_off_max = 2;  // dry_run, dryrun, idempotency-key
  for (const auto meant : {inputs::dry_run.name, inputs::idempotency_key.name})
    if (name.size() <= meant.size() + letters_off_max &&
        edit_distance(name, meant) <= letters_off_max)
      return meant;
  return {};
}

call_ptr make_call(std::string_view command, std::optional<simdjson::dom::element> arguments) {
  auto call = std::make_shared<command_call>();
  call->row = find_command(command);
  call->command = shown_command(command);
  if (arguments && arguments->is_null()) arguments.reset();  // as if it were not there
  if (call->row) call->input = check_input(input_schema_of(*call->row), arguments);
  if (call->input && call->input->input.has(inputs::idempotency_key.name))
    call->fingerprint = fingerprint_of(*call->row, *arguments);
  return call;
}

}  // namespace chat
