#pragma once
// The command line of `afd`.

namespace chat::cli {

/// Reads the arguments and runs the subcommand. Answers the exit code (settings.hpp).
int run(int argc, const char* const* argv);

}  // namespace chat::cli
