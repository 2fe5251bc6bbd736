#pragma once
// A command's answers as JSON Schema.

#include <string>

#include "actors/command_table.hpp"

namespace chat {

/// What a command answers as `data`, also with dryRun; of a batch and a pipe the whole answer.
std::string output_schema(const command_row& row);

/// The whole answer of a command, success or failure: a CommandResult (contract, section 2) with
/// the command's own data, or what a batch or a pipe answers in its place.
std::string answer_schema(const command_row& row);

}  // namespace chat
