#include "model/standard_output.hpp"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

namespace chat {

std::optional<std::string> find_output_problem() {
  errno = 0;
  const bool is_flushed = std::fflush(stdout) == 0 && std::cout.flush().good();
  if (is_flushed && std::ferror(stdout) == 0) return std::nullopt;
  // An earlier write failed: its reason is not kept.
  if (errno == 0) return "cannot write to stdout";
  return "cannot write to stdout: " + std::generic_category().message(errno);
}

}  // namespace chat
