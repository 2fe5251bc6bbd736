#pragma once
// A run in its parts: what every scenario needs, and the measured stretch they have in common.

#include <functional>
#include <string>

#include "bench/load/crowd.hpp"
#include "bench/load/figures.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/progress.hpp"
#include "bench/load/server.hpp"
#include "bench/load/settings.hpp"

namespace bench {

/// One run against one server. Thread: one.
struct run {
  run(const settings& asked, server& against, progress& shown)
      : set(asked), target(against), bar(shown), rss_begin_bytes(rss(against)) {}

  const settings& set;
  server& target;
  progress& bar;
  poller sockets;
  std::int64_t rss_begin_bytes;

  static std::int64_t rss(const server& s) {
    const auto now = s.used();
    return now ? now->rss_bytes : 0;
  }
};

/// What is measured, and what is done meanwhile.
struct measured {
  std::string unit;
  std::function<std::uint64_t()> count;  ///< so far; only differences matter
  /// Called once a turn, with the time; answers when it next has something to do.
  std::function<std::int64_t(std::int64_t)> work = [](std::int64_t) { return INT64_MAX; };
  std::function<void()> on_begin = [] {};  ///< the warm-up is over
};

/// Turns through the warm-up and the measured time. Latency, messages and `more` are the caller's.
figures measure(run& r, const measured& what);

/// When messages of an open loop are due: at even distances, whatever happens.
class pace {
 public:
  pace(double per_second, std::int64_t now)
      : interval_ns_(per_second > 0 ? 1e9 / per_second : 0), begin_(now) {}
  /// When the next one is due.
  std::int64_t due() const {
    return interval_ns_ > 0 ? begin_ + static_cast<std::int64_t>(interval_ns_ * taken_) : INT64_MAX;
  }
  void take() { ++taken_; }

 private:
  double interval_ns_;
  std::int64_t begin_;
  double taken_ = 0;
};

/// Lets all members of the settings into their rooms, some hundred at a time; the first
/// `deaf_each` of every room never read.
void fill_rooms(run& r, crowd& all, std::uint32_t deaf_each = 0);

/// Talk among the members there are, as the settings say; then makes sure that nothing was lost.
figures run_talk(run& r, crowd& all);

/// Carries out the scenario that the settings name.
figures carry_out(run& r);

/// What the node answers to the scenario's command, whole, for a peer that gives the same bytes.
std::string sample_command_answer(run& r);

// One a file.
figures run_fanout(run& r);  ///< and durable
figures run_idle(run& r);
figures run_connect(run& r);
figures run_commands(run& r);
figures run_slow(run& r);
figures run_mixed(run& r);

}  // namespace bench
