#pragma once
// Which node `afd connect` chose: the file of the public tool, so that both know the same one.

#include <filesystem>
#include <string>

#include "cli/outcome.hpp"

namespace chat::cli {

/// `afd-cli-nodejs/config.json` in XDG_CONFIG_HOME, or in ~/.config; empty where the user has no
/// home directory.
std::filesystem::path connection_file();
/// Empty: none is chosen.
std::string connected_url();
/// Stores it, or forgets it when it is empty; what else is in the file stays.
outcome<void> set_connected_url(const std::string& url);

}  // namespace chat::cli
