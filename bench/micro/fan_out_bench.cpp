// What does a loop do for a broadcast before the kernel is asked? Question: how long does it take
// to hand one block of bytes to N outboxes, for all and with a sender who gets bytes of its own?
// Run: build/release/bin/fan_out_bench

#include <benchmark/benchmark.h>

#include <string>

#include "actors/outbox.hpp"
#include "actors/protocol.hpp"

namespace {

using namespace chat;

class no_lane final : public lane {
  void deliver(delivery) override {}
  void post(std::function<void()>) override {}
  void pace(const caf::actor&) override {}
  void store(append) override {}
  void store(save_session) override {}
};

// Queues as a socket does, and forgets at once.
class sink final : public outbox {
 public:
  using outbox::outbox;
  void send(const frame& bytes) override {
    queue_.push_back(bytes);
    benchmark::DoNotOptimize(queue_.data());
    queue_.clear();
  }
  void receipt(std::uint32_t) override {}
  void attached(const caf::actor&, std::string_view) override {}
  void close(const close_reason&) override {}

 private:
  std::vector<frame> queue_;
};

void publish(benchmark::State& state, bool has_own_part) {
  no_lane home;
  auto members = std::make_shared<roster>();
  std::vector<outbox_ptr> all;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    all.push_back(caf::make_counted<sink>(home));
    delivery joining{members, {}};
    joining.steps.push_back({step::kind::add, all.back()});
    apply(joining);
  }
  const frame block(std::string(130, 'x'));
  for (auto _ : state) {
    delivery work{members, {}};
    work.steps.push_back({step::kind::publish, nullptr, block});
    if (has_own_part) work.steps.back().own.push_back({all.front(), 0, 130, block});
    apply(work);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(publish, to_all, false)->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK_CAPTURE(publish, with_own_part, true)->Arg(10)->Arg(1000)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
