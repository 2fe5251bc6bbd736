#pragma once
// What every actor of a node may use besides its mailbox.

#include <cstdint>
#include <string>
#include <vector>

#include "model/counters.hpp"
#include "model/limits.hpp"

namespace chat {

class lane;

/// Timeouts of a session's life, configurable for tests (contract, section 5).
struct session_timeouts {
  std::chrono::milliseconds handoff = limits::handoff_timeout;
  std::chrono::milliseconds idle = limits::idle_timeout;
  std::chrono::milliseconds reconnect = limits::reconnect_timeout;
  std::chrono::milliseconds lifetime = limits::session_lifetime_max;
  std::chrono::milliseconds retention = limits::ended_retention;
};

/// Shared by all actors of a node; outlives them. Constant but for the counters.
struct node_context {
  node_counters& counters;
  session_timeouts timeouts = {};
  std::int64_t started_ms = 0;  ///< wall clock
  std::string version;
  std::vector<lane*> lanes;  ///< the I/O loops, at least one
};

}  // namespace chat
