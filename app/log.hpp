#pragma once
// The node's log: standard error, one line an event.

#include <string>

namespace chat {

/// Sets up spdlog's default logger. `level` and `format` are values that read_config let through.
void start_log(const std::string& level, const std::string& format);

}  // namespace chat
