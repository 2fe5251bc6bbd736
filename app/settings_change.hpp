#pragma once
// What of new settings a node takes over while it runs.

#include <string>
#include <vector>

#include "app/config.hpp"

namespace chat {

/// Names of settings, as in `config::values`.
struct settings_change {
  std::vector<std::string> taken;  ///< differ, and may change while it runs
  std::vector<std::string> left;   ///< differ, and need a restart
};
settings_change compare(const config& before, const config& after);

/// Those of `names` become what they are in `from`.
void take_over(config& to, const config& from, const std::vector<std::string>& names);

}  // namespace chat
