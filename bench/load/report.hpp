#pragma once
// What was measured, for people on a terminal, for programs, and as a page to look at.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/figures.hpp"

namespace bench {

/// One line of a comparison: a figure of every server, and what it should be.
struct table_row {
  struct cell {
    std::string server;
    double value = 0;
    bool or_more = false;  ///< the client was the limit: the server can do more
  };
  std::string what;
  std::string unit;
  std::vector<cell> cells;
  std::string target;       ///< in words; empty: only reported
  std::optional<bool> met;  ///< nothing without a target
};

struct report {
  std::vector<std::pair<std::string, std::string>> about;  ///< machine, versions, command
  std::vector<table_row> table;
  std::vector<figures> runs;
};

/// What this machine is: processor, cores, kernel, date.
std::vector<std::pair<std::string, std::string>> about_machine();

/// Some lines about one run.
std::string to_text(const figures& f);
/// Markdown, which a terminal shows well enough.
std::string to_text(const std::vector<table_row>& table);
std::string to_json(const report& r);
/// One page with everything in it: no other file, no request.
std::string to_html(const report& r);

}  // namespace bench
