#pragma once
// What the node counts about itself, for node-status and the logs.

#include <array>
#include <atomic>
#include <cstdint>

#include "model/histogram.hpp"

namespace chat {

/// Buckets of what a disk takes, in microseconds: from a page cache to a disk that is in trouble.
inline constexpr std::array<std::uint64_t, 14> commit_bounds{
    50,     100,    200,    500,     1'000,   2'000,   5'000,
    10'000, 20'000, 50'000, 100'000, 200'000, 500'000, 2'000'000};
/// … and of how many messages one commit carries; those without any are of sessions and rooms.
inline constexpr std::array<std::uint64_t, 12> batch_bounds{0,  1,   2,   5,     10,    20,
                                                            50, 100, 200, 1'000, 5'000, 20'000};

/// Totals since the start, and gauges where the comment says so. Thread: any. Relaxed, because
/// each number stands alone.
struct node_counters {
  using counter = std::atomic<std::uint64_t>;
  counter connections{0};            ///< gauge: open sockets of every kind
  counter websockets{0};             ///< gauge: of them, upgraded
  counter event_streams{0};          ///< gauge: of them, event streams of rooms
  counter connections_unknown{0};    ///< gauge: of them, whose peer has not shown who it is
  counter connections_refused{0};    ///< over a limit, or out of descriptors
  counter full_refused{0};           ///< of them, because the node had all that it can hold
  counter unknown_refused{0};        ///< … because too many were unknown
  counter address_refused{0};        ///< … because their address had enough
  counter exhausted_refused{0};      ///< … because the process was out of descriptors
  counter credentials_refused{0};    ///< requests answered 401
  counter tls_handshakes_failed{0};  ///< too slow, too old, broken off, or plain HTTP
  /// Connections closed before their session had them, by close code: 4000 to 4008, and others.
  std::array<counter, 10> handoffs_refused{};
  counter protocol_errors{0};  ///< WebSockets closed with 1002, 1003, 1007 or 1009
  counter dead_peers{0};       ///< WebSockets whose peer answered no ping
  counter slow_requests{0};    ///< requests that did not come to their end in time
  counter http_requests{0};
  counter http_refused{0};    ///< answered 4xx by a door
  counter messages_in{0};     ///< committed messages
  counter messages_out{0};    ///< message frames handed to sockets
  counter events_refused{0};  ///< frames answered with an error
  counter posts_refused{0};   ///< messages not stored: disk, limits, conflicts
  counter slow_consumers{0};  ///< connections closed with 4008
  counter rate_limited{0};    ///< calls and events refused for being too many
  counter commits{0};
  counter commit_failures{0};
  counter commit_lag_micros{0};  ///< gauge: how long the oldest of the last batch waited for it
  /// Microseconds spent in a commit, how long the oldest of its batch had waited when it was done,
  /// and the messages it carried. The storage actor's thread observes them.
  histogram commit_times{commit_bounds};
  histogram commit_waits{commit_bounds};
  histogram commit_batches{batch_bounds};
  counter waiting_bytes{0};         ///< gauge: of posts accepted, not yet committed or refused
  counter storage_failing{0};       ///< gauge: 1 while the store cannot commit
  counter draining{0};              ///< gauge: 1 while the node says goodbye
  counter webhooks_active{0};       ///< gauge: those that have not ended
  counter webhook_deliveries{0};    ///< batches that were taken
  counter webhook_failures{0};      ///< attempts that failed
  counter webhook_dead_letters{0};  ///< batches given up
  counter webhook_letters_lost{0};  ///< of them, forgotten because there were too many
  counter commands{0};
  counter commands_failed{0};
  counter rooms{0};                   ///< gauge
  counter client_ids{0};              ///< gauge: clientMessageIds that rooms remember
  counter rooms_active{0};            ///< gauge: of them, those in memory
  std::array<counter, 5> sessions{};  ///< gauge: by session_state, a second old at most
};

inline void add(node_counters::counter& c, std::uint64_t n = 1) {
  c.fetch_add(n, std::memory_order_relaxed);
}
inline void subtract(node_counters::counter& c, std::uint64_t n = 1) {
  c.fetch_sub(n, std::memory_order_relaxed);
}
inline std::uint64_t read(const node_counters::counter& c) {
  return c.load(std::memory_order_relaxed);
}

/// A connection was closed with that code before its session had it.
inline void count_refused_handoff(node_counters& c, std::uint16_t code) {
  add(c.handoffs_refused[code >= 4000 && code <= 4008 ? code - 4000u : 9u]);
}
template <std::size_t size>
std::uint64_t read_all(const std::array<node_counters::counter, size>& all) {
  std::uint64_t sum = 0;
  for (const auto& one : all) sum += read(one);
  return sum;
}

}  // namespace chat
