#pragma once
// The file of --config: TOML, read by toml++. CLI11's own reader is of a dialect that cuts strings
// at `#` and doubles backslashes.

#include <CLI/CLI.hpp>
#include <istream>
#include <string>
#include <vector>

namespace chat {

/// Hands a TOML file's keys to CLI11 as if they were flags: strings, integers, booleans and lists
/// of them; no sections. Throws CLI::ConfigError, the way CLI11 wants to be told.
class config_file final : public CLI::Config {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
  /// CLI11 asks for it; `to_toml` writes files with comments instead.
  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }
};

}  // namespace chat
