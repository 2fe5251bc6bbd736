#pragma once
// What the flags and the environment say, for every subcommand.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "model/cli_limits.hpp"

namespace chat::cli {

struct settings {
  std::string url = {};                   ///< --url, AFD_URL; empty: the one that was connected to
  std::string token = {};                 ///< --token, AFD_TOKEN
  std::string ca_file = {};               ///< --cacert
  std::vector<std::string> headers = {};  ///< --header: `Name: value`
  std::int64_t timeout_ms = 0;            ///< --timeout; 0: the subcommand's own
  bool json = false;
  bool verbose = false;

  std::chrono::milliseconds timeout_or(std::chrono::milliseconds usual) const {
    return timeout_ms > 0 ? std::chrono::milliseconds(timeout_ms) : usual;
  }
};

/// Exit codes.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_partial = 2;        ///< a batch of which some commands failed
inline constexpr int exit_interrupted = 130;  ///< by Ctrl-C

}  // namespace chat::cli
