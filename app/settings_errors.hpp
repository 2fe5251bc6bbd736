#pragma once
// What is said of settings that cannot be: where they come from, and what was meant.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace chat {

/// Whether the arguments name this flag, as in `--data`.
bool is_given(const std::vector<std::string>& args, const std::string& flag);

/// The file that --config names cannot be read.
std::string say_unreadable_file(const CLI::App& app);
/// `text` is CLI11's, of a file that it could not take; unknown keys get a "Did you mean".
std::string say_wrong_file(const CLI::App& app, const std::string& text);
/// `text` is CLI11's, which names the flag, also where the value is of the environment or a file.
std::string say_wrong_value(const CLI::App& app, const std::vector<std::string>& args,
                            const std::string& text);

/// A warning a line for variables of the environment that are nearly a setting (CHATD_THRADS).
/// Others that begin with CHATD_ are somebody's own.
std::string unknown_variables(const CLI::App& app);

}  // namespace chat
