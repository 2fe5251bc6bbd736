#pragma once
// Actors on one thread, with a clock turned by hand; connections are fakes that write down what
// they are given.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "actors/context.hpp"
#include "actors/protocol.hpp"
#include "model/wire.hpp"

namespace chat::test {

/// A loop that does its work at once.
class fake_lane final : public lane {
 public:
  void deliver(delivery work) override {
    ++deliveries;
    apply(work);
  }
  void post(std::function<void()> work) override {
    if (holds_posts)
      held_posts.push_back(std::move(work));
    else
      work();
  }
  void pace(const caf::actor& room) override {
    if (holds)
      held_.push_back(room);
    else
      caf::anon_send(room, turn_over{});
  }
  void store(append batch) override {
    writes w;
    w.batches.push_back(std::move(batch));
    w.home = this;
    caf::anon_send(storage, std::move(w));
  }
  void store(save_session session) override {
    writes w;
    w.sessions.push_back(std::move(session));
    w.home = this;
    caf::anon_send(storage, std::move(w));
  }
  /// No turn ends until release.
  void release() {
    holds = false;
    for (const auto& room : std::exchange(held_, {})) caf::anon_send(room, turn_over{});
  }

  caf::actor storage;
  bool holds = false;
  bool holds_posts = false;  ///< what is posted waits in held_posts
  std::vector<std::function<void()>> held_posts;
  int deliveries = 0;

 private:
  std::vector<caf::actor> held_;
};

/// A connection that remembers what came: the payloads of its frames, its credit, its end.
class fake_outbox final : public outbox {
 public:
  explicit fake_outbox(lane& home) : outbox(home) {}

  void send(const frame& bytes) override {
    ++sends;
    largest = std::max(largest, bytes.size());
    auto rest = bytes.bytes();
    while (!rest.empty()) frames.emplace_back(take_ws_payload(rest));
  }
  void receipt(std::uint32_t posts) override { receipts += posts; }
  void attached(const caf::actor& s, std::string_view) override {
    session = s;
    // As the real one: gone before it heard of its session, it says so now.
    if (gone) caf::anon_send(s, connection_lost{outbox_ptr(this)});
  }
  void close(const close_reason& why) override {
    closed = why.code;
    closed_why = why.text;
    if (session) caf::anon_send(session, connection_lost{outbox_ptr(this), why.end, given()});
  }

  /// Payloads whose `type` is the given one.
  std::vector<std::string> of_type(const std::string& type) const {
    std::vector<std::string> found;
    for (const auto& f : frames)
      if (f.starts_with(R"({"type":")" + type + '"')) found.push_back(f);
    return found;
  }

  std::vector<std::string> frames;
  std::uint32_t receipts = 0;
  int sends = 0;
  std::size_t largest = 0;  ///< of what was sent at once
  int closed = 0;
  std::string_view closed_why;
  bool gone = false;
  caf::actor session;
};
using fake_outbox_ptr = caf::intrusive_ptr<fake_outbox>;

/// An actor system whose time stands still until it is advanced.
class test_system {
 public:
  test_system() {
    spdlog::set_level(spdlog::level::off);
    scheduler.advance_time(std::chrono::hours(1));  // as if the machine were up for a while
    context.lanes.push_back(&lane_);
  }
  virtual ~test_system() { scheduler.run(); }

  /// Runs until nothing is ready.
  void run() {
    lane_.release();
    scheduler.run();
  }
  /// The same, but no turn of the loop ends: rooms keep what they have gathered.
  void run_within_turn() {
    lane_.holds = true;
    scheduler.run();
  }
  /// What is posted to the loop waits until run_posts().
  void hold_posts() { lane_.holds_posts = true; }
  void run_posts() {
    lane_.holds_posts = false;
    for (const auto& work : std::exchange(lane_.held_posts, {})) work();
    scheduler.run();
  }
  /// Runs one turn of one actor.
  void run_one() { scheduler.run_once(); }
  void advance(std::chrono::milliseconds time) {
    scheduler.advance_time(time);
    run();
  }

  /// Asks an actor and runs until it has answered.
  template <class Answer, class Question>
  Answer ask(const caf::actor& whom, Question question) {
    caf::scoped_actor self{system};
    auto handle = self->request(whom, caf::infinite, std::move(question));
    run();
    std::optional<Answer> got;
    handle.receive([&](Answer& a) { got = std::move(a); },
                   [&](caf::error& e) { throw std::logic_error(system.render(e)); });
    return std::move(*got);
  }

  node_counters counters;
  fake_lane lane_;
  token_signer signer{"a secret that only these tests know"};
  node_context context{.counters = counters, .version = "test", .tokens = &signer};

 private:
  struct configuration : caf::actor_system_config {
    configuration() { set("scheduler.policy", caf::atom("testing")); }
  } configuration_;

 public:
  caf::actor_system system{configuration_};
  caf::scheduler::test_coordinator& scheduler =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
};

}  // namespace chat::test
