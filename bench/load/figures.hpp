#pragma once
// What a run found out.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/histogram.hpp"

namespace bench {

/// A number of its own, for what only one scenario knows.
struct figure {
  std::string name;
  double value = 0;
  std::string unit;
};

/// One measured stretch on one server. Times are of the measured stretch alone.
struct figures {
  std::string scenario;
  std::string shape;   ///< what describe() says
  std::string server;  ///< what was measured, with its version where it is known
  std::string unit;    ///< what is counted: deliveries, joins, answers
  double seconds = 0;
  std::uint64_t count = 0;
  std::uint64_t messages = 0;
  histogram latency;
  std::string latency_of;  ///< from where to where

  bool knows_server = false;  ///< the next four are known
  double server_user_s = 0;
  double server_system_s = 0;
  double server_cpu_s = 0;
  std::int64_t rss_begin_bytes = 0;  ///< before the first member came
  std::int64_t rss_max_bytes = 0;
  double client_cpu_s = 0;
  unsigned server_cores = 1;

  std::vector<double> per_second;  ///< the count's rate, every tenth of a second
  std::vector<figure> more;

  double rate() const { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }
  double cpu_us_each() const {
    return count > 0 ? server_cpu_s * 1e6 / static_cast<double>(count) : 0;
  }
  /// The client was busy all the time and the server was not: a faster client would show more.
  bool client_was_the_limit() const {
    return knows_server && client_cpu_s > 0.95 * seconds &&
           server_cpu_s < 0.95 * seconds * server_cores;
  }
  double latency_ms(double percent) const {
    return static_cast<double>(latency.percentile(percent)) / 1e6;
  }
  /// The figure of that name, or 0.
  double value_of(const std::string& name) const {
    for (const auto& f : more)
      if (f.name == name) return f.value;
    return 0;
  }
};

}  // namespace bench
