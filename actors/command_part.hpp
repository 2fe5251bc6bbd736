#pragma once
// How a command runs other commands: as calls of the same caller, each through every check that it
// would meet alone. For the .cpp files of commands only.

#include <span>
#include <string_view>
#include <vector>

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"

namespace chat {

/// What a command runs.
struct part {
  std::string_view command;
  std::string_view input;  ///< JSON; nothing counts as {}
  /// The first part of a call is not counted against the caller's rate: the call itself was.
  bool is_first = false;
  /// What was asked for beside the input goes into it. Either a dry run of this part alone; of all,
  /// and then of this one whatever its input says, where the command that runs it is_dry …
  bool is_dry = false;
  std::string_view idempotency_key = {};  ///< … or a key, unless the input has one
};

/// A part as a batch or a pipe lists it, with `command`, `input`, `dryRun` and `idempotencyKey`.
part part_of(const command_input& listed);

/// A problem for each listed command whose name is blank.
std::vector<input_problem> blank_names(std::span<const command_input> listed,
                                       std::string_view list);

/// Sends a part to this command's own actor, in a turn of its own: between two parts others have
/// theirs. `then` is called once, in that actor, unless `run` was answered before or the actor
/// ends.
void run_part(const command_run_ptr& run, const part& what,
              std::function<void(command_answer)> then);

namespace inputs {

constexpr field part_key = [] {
  auto f = idempotency_key;
  f.description =
      "The command's idempotencyKey, as if it stood in its input: sent again within a day it is "
      "answered, not run again. Commands that write nothing take none";
  return f;
}();
constexpr field part_dry_run = [] {
  auto f = dry_run;
  f.description =
      "The command's dryRun, as if it stood in its input: what it would do is checked and said, "
      "and not done";
  return f;
}();
constexpr field all_dry_run = [] {
  auto f = dry_run;
  f.description =
      "No command writes anything: each says what it would do. Those that only read are run";
  return f;
}();

}  // namespace inputs

}  // namespace chat
