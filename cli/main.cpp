// afd: the command line of AFD nodes.

#include <cstdio>
#include <exception>

#include "cli/arguments.hpp"
#include "cli/settings.hpp"
#include "model/standard_output.hpp"

int main(int argc, char** argv) {
  try {
    const auto code = chat::cli::run(argc, argv);
    const auto problem = chat::find_output_problem();
    if (!problem) return code;
    std::fprintf(stderr, "afd: %s\n", problem->c_str());
    return code == chat::cli::exit_done ? chat::cli::exit_failed : code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "afd: %s\n", e.what());
    return 1;
  }
}
