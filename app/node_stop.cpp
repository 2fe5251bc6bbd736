#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <chrono>
#include <latch>
#include <thread>

#include "app/node_parts.hpp"

namespace chat {

using namespace std::chrono_literals;

namespace {

// Waits for something other threads bring about; gives up at the deadline.
template <class Condition>
bool wait_until(std::chrono::steady_clock::time_point deadline, Condition condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

}  // namespace

// Every socket gets its close frame and some time to answer it; calls under way are answered.
void node::parts::say_goodbye() {
  draining = true;
  chat::add(counters.draining);
  caf::anon_send(hub, drain{});
  entrance->share();
  next().say_stopping();
  const auto deadline = std::chrono::steady_clock::now() + drain_time() + limits::drain_timeout;
  for (auto& l : loops)
    l->post([&l = *l, rate = 1.0 * settings.drain_rate / static_cast<double>(loops.size())] {
      l.drain(rate);
    });
  // Until another node listens at its addresses this one does, and says that it is stopping.
  const auto all_gone = [this] { return read(counters.connections) == 0; };
  wait_until(deadline, [&] { return next().has_next() || all_gone(); });
  if (next().has_next()) {
    entrance->yield();
    std::this_thread::sleep_for(limits::handshake_settle);
  }
  entrance->stop();
  std::latch stopped(1);  // who was taken last is counted
  loops.front()->post([&stopped] { stopped.count_down(); });
  stopped.wait();
  if (wait_until(deadline, all_gone)) return;
  spdlog::warn("{} connection(s) did not say goodbye", read(counters.connections));
  for (auto& l : loops) l->post([&l = *l] { l.end_all(); });
  wait_until(std::chrono::steady_clock::now() + 500ms, all_gone);
}

// The storage actor ends last, with the search and the eraser beside it: the rooms' last batches
// are committed before it does.
void node::parts::stop_actors() {
  const auto deadline = std::chrono::steady_clock::now() + 1s;
  for (const auto& c : commands) caf::anon_send_exit(c, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(webhooks, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(memory, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(hub, caf::exit_reason::user_shutdown);
  wait_until(deadline, [this] { return system->registry().running() <= 3; });
  // What rooms stored last may still be on its way: to their loop, and from there to the storage.
  std::latch handed_over(static_cast<std::ptrdiff_t>(loops.size()));
  for (auto& l : loops)
    l->post([&l = *l, &handed_over] { l.post([&handed_over] { handed_over.count_down(); }); });
  handed_over.wait();
  caf::anon_send_exit(storage, caf::exit_reason::user_shutdown);
  // Its thread ends with the last handle.
  for (auto& l : loops) l->post([&l = *l] { l.store_with(nullptr); });
  storage = webhooks = nullptr;
  system->await_all_actors_done();
  webhook_sender.reset();
}

void node::parts::stop_loops() {
  system.reset();  // needs the loops
  for (auto& l : loops) l->stop();
  for (auto& t : threads) t.join();
  entrance.reset();  // its sockets are the loops'
  loops.clear();     // and with them what is left of connections, which use the doors
}

}  // namespace chat
