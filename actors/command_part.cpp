#include "actors/command_part.hpp"

#include <caf/send.hpp>

#include "model/json_reader.hpp"

namespace chat {

void run_part(const command_run_ptr& run, const part& what,
              std::function<void(command_answer)> then) {
  call_ptr call;
  const auto input = parse_json(what.input.empty() ? "{}" : what.input);
  if (input) {
    call = make_call(what.command, *input);
  } else {  // references may have made it deeper than any input may be
    call = make_call(what.command, std::nullopt);
    call->input = tl::unexpected(
        make_failure(errc::validation_error,
                     "The input of " + call->command + " is not usable: " + input.error().message,
                     "Nest its objects and lists less deep"));
  }
  call->who = run->who();
  call->speaks_as = run->speaks_as();
  call->websocket_base = run->websocket_base();
  call->within = &run->row();
  call->is_paid = what.is_first;
  call->answer = [run, then = std::move(then)](command_answer answer) {
    if (!run->is_finished()) then(std::move(answer));
  };
  run->self()->send(run->self(), std::move(call));
}

}  // namespace chat
