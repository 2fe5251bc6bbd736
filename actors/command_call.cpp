#include "actors/command_call.hpp"

#include "actors/command_table.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr std::size_t command_name_units_max = 128;

}  // namespace

call_ptr make_call(std::string_view command, std::optional<simdjson::dom::element> arguments) {
  auto call = std::make_shared<command_call>();
  call->row = find_command(command);
  call->command = utf16_prefix(command, command_name_units_max);
  if (call->command.size() < command.size()) call->command += "…";
  if (call->row) call->input = check_input(call->row->fields, arguments);
  return call;
}

}  // namespace chat
