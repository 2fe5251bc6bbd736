// Which scheduler should run the actors: CAF's `sharing` worker threads beside the I/O loop, or the
// I/O loop itself? Question: what does one chat event cost on its way from a socket handler
// through two actors (session, room) and back to the loop, alone and in bursts of 32?
// Run: build/release/bin/scheduler_bench   (CPU is the whole process's, all threads together)

#include <benchmark/benchmark.h>

#include <atomic>
#include <caf/all.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "actors/protocol.hpp"
#include "net/loop.hpp"
#include "net/loop_scheduler.hpp"

namespace {

using namespace chat;

// Passes on what it gets, as a session does.
caf::behavior relay(caf::event_based_actor* self, caf::actor next) {
  return {[self, next](touch t) { self->send(next, t); }};
}

// Hands back to the loop, as a room does.
caf::behavior last(caf::event_based_actor*, loop* home, std::function<void()> arrived) {
  return {[home, arrived](touch) { home->post(arrived); }};
}

struct rig {
  explicit rig(bool on_loop) {
    loops.push_back(std::make_unique<loop>());
    if (on_loop) {
      use_loop_scheduler(config, loops);
    } else {
      config.set("scheduler.policy", caf::atom("sharing"));
      config.set("scheduler.max-threads", 2);
      config.set("scheduler.max-throughput", 100);
    }
    thread = std::thread([this] { loops[0]->run(); });
    system = std::make_unique<caf::actor_system>(config);
    room = system->spawn(last, loops[0].get(), [this] { on_arrived(); });
    session = system->spawn(relay, room);
  }
  ~rig() {
    caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(room, caf::exit_reason::user_shutdown);
    session = room = nullptr;
    system.reset();
    loops[0]->stop();
    thread.join();
  }

  // From the loop's thread, as a socket handler would.
  void burst(int count) {
    std::unique_lock lock(mutex);
    open = count;
    loops[0]->post([this, count] {
      for (int i = 0; i < count; ++i) caf::anon_send(session, touch{});
    });
    done.wait(lock, [this] { return open == 0; });
  }
  void on_arrived() {
    const std::lock_guard lock(mutex);
    if (--open == 0) done.notify_one();
  }

  caf::actor_system_config config;
  std::vector<std::unique_ptr<loop>> loops;
  std::thread thread;
  std::unique_ptr<caf::actor_system> system;
  caf::actor room;
  caf::actor session;
  std::mutex mutex;
  std::condition_variable done;
  int open = 0;
};

void event_through_two_actors(benchmark::State& state, bool on_loop) {
  rig r(on_loop);
  const auto count = static_cast<int>(state.range(0));
  for (auto _ : state) r.burst(count);
  state.SetItemsProcessed(state.iterations() * count);
}

BENCHMARK_CAPTURE(event_through_two_actors, io_loop, true)
    ->Arg(1)
    ->Arg(32)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(event_through_two_actors, caf_sharing, false)
    ->Arg(1)
    ->Arg(32)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace

BENCHMARK_MAIN();
