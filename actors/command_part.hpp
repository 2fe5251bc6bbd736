#pragma once
// How a command runs other commands: as calls of the same caller, each through every check that it
// would meet alone. For the .cpp files of commands only.

#include <string_view>

#include "actors/command.hpp"

namespace chat {

/// What a command runs.
struct part {
  std::string_view command;
  std::string_view input;  ///< JSON; nothing counts as {}
  /// The first part of a call is not counted against the caller's rate: the call itself was.
  bool is_first = false;
};

/// Sends a part to this command's own actor, in a turn of its own: between two parts others have
/// theirs. `then` is called once, in that actor, unless `run` was answered before.
void run_part(const command_run_ptr& run, const part& what,
              std::function<void(command_answer)> then);

}  // namespace chat
