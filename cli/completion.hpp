#pragma once
// Completion for shells, written from the flags and subcommands that there are.

#include <string>

namespace CLI {
class App;
}

namespace chat::cli {

/// A script for bash, zsh or fish, which the user's shell reads at its start.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace chat::cli
