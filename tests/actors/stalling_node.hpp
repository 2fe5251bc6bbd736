#pragma once
// A node whose store does not answer for a while, as in one slow fsync.

#include <algorithm>
#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/resumable.hpp>
#include <deque>
#include <string>

#include "tests/actors/webhook_target.hpp"

namespace chat::test {

class stalling_node : public hook_node {
 public:
  using hook_node::hook_node;

  /// Runs every actor but the storage, which keeps what it is sent.
  void stall() {
    lane_.release();
    auto& jobs = scheduler.jobs;
    std::deque<caf::resumable*> kept;
    while (!jobs.empty()) {
      if (jobs.front() == stalled()) {
        kept.push_back(jobs.front());
        jobs.pop_front();
      } else {
        scheduler.run_once();
      }
    }
    jobs.insert(jobs.begin(), kept.begin(), kept.end());
  }
  /// The same, and time passes.
  void stall_for(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds step{500};
    for (std::chrono::milliseconds passed{0}; passed < time; passed += step) {
      scheduler.advance_time(step);
      stall();
    }
  }
  /// The storage does what it was sent so far; then it stalls again.
  void store_once() {
    auto& jobs = scheduler.jobs;
    for (auto at = std::ranges::find(jobs, stalled()); at != jobs.end();
         at = std::ranges::find(jobs, stalled())) {
      std::swap(*at, jobs.front());
      scheduler.run_once();
    }
    stall();
  }

  /// Starts a call that waits for longer than any caller does, and answers what it was told.
  std::string late(const std::string& name, const std::string& input, caller who = local_user()) {
    const auto call = start(name, input, std::move(who));
    stall();
    stall_for(2 * std::chrono::milliseconds(limits::ask_timeout));
    return outcome_of(*call);
  }
  /// The outcome of a call that the store is not asked for.
  std::string at_once(const std::string& name, const std::string& input,
                      caller who = local_user()) {
    const auto call = start(name, input, std::move(who));
    stall();
    return outcome_of(*call);
  }
  static std::string outcome_of(const pending_call& call) {
    if (call.answers != 1) return std::to_string(call.answers) + " answers";
    return at(call.json, "/success") == "true" ? "OK" : text_at(call.json, "/error/code");
  }

 private:
  caf::resumable* stalled() const {
    return dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(storage));
  }
};

}  // namespace chat::test
