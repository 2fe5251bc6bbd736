#pragma once
// What the options of the command line were set to. For config.cpp.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace chat {

/// Those that a file or the environment may set, too.
std::vector<const CLI::Option*> settings_of(const CLI::App& app);
/// The variable of the environment that sets it: CHATD_LOG_LEVEL of log-level.
std::string variable_of(const std::string& setting);
/// It may be given several times.
bool is_list(const CLI::Option& option);
/// The parts of a list that are not empty.
std::vector<std::string> split(const std::string& text);
/// What it was given, or what it is otherwise: one value, or those of a list.
std::vector<std::string> values_of(const CLI::Option& option);
/// All of them as an object, by name: numbers, true or false, texts, lists of texts.
std::string to_json(const std::vector<const CLI::Option*>& options);

}  // namespace chat
