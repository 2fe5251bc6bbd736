#include "actors/command_call.hpp"

#include "actors/command_table.hpp"
#include "model/signature.hpp"

namespace chat {

call_ptr make_call(std::string_view command, std::optional<simdjson::dom::element> arguments) {
  auto call = std::make_shared<command_call>();
  call->row = find_command(command);
  call->command = shown_command(command);
  if (call->row) call->input = check_input(call->row->fields, arguments);
  if (call->input && call->input->input.has("idempotencyKey"))
    call->fingerprint = sha256(std::string(call->row->name) + '\n' + simdjson::minify(*arguments));
  return call;
}

}  // namespace chat
