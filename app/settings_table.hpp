#pragma once
// What there is to set.

#include <CLI/CLI.hpp>

#include "app/config.hpp"

namespace chat {

/// What is asked for in place of a running node.
struct run_instead {
  bool print_config = false;
  bool check_config = false;
};

/// The one table of settings, for the command line, the environment and the file: names, meanings,
/// units, bounds; the defaults are those of `config`. Values go to `c` and `f`, which outlive
/// `app`.
void add_settings(CLI::App& app, config& c, run_instead& f);

}  // namespace chat
