// afd: the command line of AFD nodes.

#include <cstdio>
#include <exception>

#include "cli/arguments.hpp"

int main(int argc, char** argv) {
  try {
    return chat::cli::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "afd: %s\n", e.what());
    return 1;
  }
}
