#pragma once
// What every actor of a node may use besides its mailbox.

#include <atomic>
#include <caf/fwd.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/rate_limiter.hpp"
#include "actors/room_news.hpp"
#include "model/caller.hpp"
#include "model/counters.hpp"
#include "model/limits.hpp"
#include "model/published.hpp"

namespace chat {

class lane;
class audit_log;
class token_signer;

/// Timeouts of a session's life (contract, section 5).
struct session_timeouts {
  std::chrono::milliseconds handoff = limits::handoff_timeout;
  std::chrono::milliseconds idle = limits::idle_timeout;
  std::chrono::milliseconds reconnect = limits::reconnect_timeout;
  std::chrono::milliseconds lifetime = limits::session_lifetime_max;
  std::chrono::milliseconds retention = limits::ended_retention;
};

/// Shared by all actors of a node; outlives them. Constant but for the counters and for what an
/// operator may change while it runs.
struct node_context {
  node_counters& counters;
  session_timeouts timeouts = {};
  std::int64_t started_ms = 0;        ///< by the wall clock …
  std::int64_t started_clock_ms = 0;  ///< … and by the actors' clock, at the same moment
  std::string version = {};
  std::string settings = "{}";    ///< what the node was started with, as JSON; no secrets
  std::vector<lane*> lanes = {};  ///< the I/O loops, at least one
  const token_signer* tokens = nullptr;
  bool bind_ip = false;  ///< tokens are good for the address they were given to only
  std::atomic<std::size_t> pending_sessions_max = limits::sessions_max;  ///< of one user
  std::size_t sessions_max = limits::sessions_max;
  std::size_t rooms_max = limits::rooms_max;
  published<rate_limits> rates = {};
  rate_limiter* limiter = nullptr;  ///< null: nobody counts
  audit_log* audit = nullptr;       ///< null: nobody writes it down
  /// The actor of webhooks (webhook_protocol.hpp); null: there is none.
  const caf::actor* webhooks = nullptr;
  /// What this user may do now, nothing for one who is none any more. Empty where only those know
  /// who give out tokens: then what was so at the handoff is. Thread: any.
  std::function<std::optional<scope>(std::string_view user_id)> standing_of = {};
  /// Told by the hub and by rooms.
  std::shared_ptr<room_news> news = std::make_shared<room_news>();
};

/// Node time: milliseconds since the Unix epoch as the wall clock had them when the node started,
/// and as the actors' clock has counted since. It never jumps, tests turn it by hand, and after a
/// restart it goes on about where it was: sessions live by it.
std::int64_t node_time_ms(caf::local_actor& self, const node_context& node);

}  // namespace chat
