#pragma once
// The node beside its peers: same work, same machine, in turn, medians.

#include <functional>
#include <string>

#include "bench/load/progress.hpp"
#include "bench/load/report.hpp"

namespace bench {

struct compare_options {
  int repeat = 5;      ///< runs of each; the medians count
  double seconds = 3;  ///< measured in each
  std::string only;    ///< rows whose name holds this; empty: all
  bool pin = true;     ///< server on the first core, client on the last
};

/// Carries out every row; `on_row` gets each one when it is done. A peer that is not installed has
/// no figures. Throws run_failure when a promise was broken in any run.
report compare(const compare_options& options, progress& bar,
               const std::function<void(const table_row&)>& on_row);

}  // namespace bench
