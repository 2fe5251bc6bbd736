#include "actors/command_part.hpp"

#include <caf/send.hpp>

#include "model/blank.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

// A key beside the command, and another one in its input: nobody can say which was meant.
bool has_two_keys(const part& what, simdjson::dom::element input) {
  const auto inner = text_member(input, inputs::idempotency_key.name);
  return !what.idempotency_key.empty() && inner && *inner != what.idempotency_key;
}

// The part's input with what was asked for beside it.
std::string whole_input(const command_run& run, const part& what) {
  const std::string_view given = what.input.empty() ? "{}" : what.input;
  const auto parsed = parse_json(given);
  if (!parsed || !parsed->is_object()) return std::string(given);
  const auto* row = find_command(what.command);
  std::string more;
  json_writer json(more);
  if (what.is_dry || (run.is_dry() && row && takes(*row, inputs::dry_run.name)))
    json.field(inputs::dry_run.name, true);
  if (!what.idempotency_key.empty() && !member(*parsed, inputs::idempotency_key.name))
    json.field(inputs::idempotency_key.name, what.idempotency_key);
  if (more.empty()) return std::string(given);
  // Behind what the input has: of several with one name the last one counts.
  return std::string(given.substr(0, given.size() - 1)) + (given == "{}" ? "" : ",") + more + '}';
}

}  // namespace

part part_of(const command_input& listed) {
  return {.command = listed.text("command"),
          .input = listed.text("input"),
          .is_dry = listed.boolean(inputs::dry_run.name),
          .idempotency_key = listed.text(inputs::idempotency_key.name)};
}

std::vector<input_problem> blank_names(std::span<const command_input> listed,
                                       std::string_view list) {
  std::vector<input_problem> problems;
  for (std::size_t i = 0; i < listed.size(); ++i)
    if (is_blank(listed[i].text("command")))
      problems.push_back({std::string(list) + '.' + std::to_string(i) + ".command",
                          "Invalid string: expected the name of a command", "custom"});
  if (problems.size() > limits::validation_errors_max)
    problems.resize(limits::validation_errors_max);
  return problems;
}

void run_part(const command_run_ptr& run, const part& what,
              std::function<void(command_answer)> then) {
  call_ptr call;
  const auto text = whole_input(*run, what);
  const auto input = parse_json(text);
  if (input && has_two_keys(what, *input)) {
    call = make_call(what.command, std::nullopt);
    call->input = tl::unexpected(make_failure(
        errc::validation_error,
        "There are two idempotencyKeys: one beside " + call->command + ", another in its input",
        "Give one, beside the command or in its input. Nothing was done"));
  } else if (input) {
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
  call->page_chars = run->call().page_chars;
  call->still_wanted = run->call().still_wanted;
  call->within = &run->row();
  call->is_paid = what.is_first;
  call->answer = [run, then = std::move(then)](command_answer answer) {
    if (!run->is_finished()) then(std::move(answer));
  };
  if (!run->self()->state.stopping) run->self()->send(run->self(), std::move(call));
}

}  // namespace chat
