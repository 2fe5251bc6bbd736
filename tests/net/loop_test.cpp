// A loop's turns: what its rooms hand over, and how often.

#include "net/loop.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "model/limits.hpp"
#include "net/loop_scheduler.hpp"

namespace chat::test {

namespace {

constexpr auto turn_patience = std::chrono::seconds(20);

// One loop with actors on it, and a storage actor that keeps what it is given.
struct rig {
  rig() {
    loops.push_back(std::make_unique<loop>());
    thread = std::thread([this] { home().run(); });
    use_loop_scheduler(config, loops);
    system = std::make_unique<caf::actor_system>(config);
    storage = system->spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const writes& a) {
        CHECK(a.home == &home());
        sizes.push_back(a.batches.size());
        if ((taken += a.batches.size()) == wanted) all_taken.set_value();
      }};
    });
    home().post([this] { home().store_with(storage); });
  }
  ~rig() {
    for (auto& r : rooms) caf::anon_send_exit(r, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(storage, caf::exit_reason::user_shutdown);
    home().post([this] { home().store_with(nullptr); });
    rooms.clear();
    storage = nullptr;
    system.reset();
    home().stop();
    thread.join();
  }

  loop& home() { return *loops.front(); }

  // A room that hands over `rounds` batches, each when it is told that a turn is over.
  void add_room(int rounds) {
    rooms.push_back(system->spawn([this, rounds](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self, left = rounds](turn_over) mutable {
        home().store(append{caf::actor(self), "room", nullptr});
        if (--left > 0) home().pace(caf::actor(self));
      }};
    }));
    wanted += static_cast<std::size_t>(rounds);
  }
  // Starts all of them in one turn, and waits until the storage has everything.
  void run() {
    home().post([this] {
      for (const auto& r : rooms) home().pace(r);
    });
    REQUIRE(all_taken.get_future().wait_for(turn_patience) == std::future_status::ready);
  }

  std::vector<std::unique_ptr<loop>> loops;
  std::thread thread;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor storage;
  std::vector<caf::actor> rooms;
  std::vector<std::size_t> sizes;  // of what came, read when all has come
  std::size_t taken = 0;
  std::size_t wanted = 0;
  std::promise<void> all_taken;
};

}  // namespace

TEST_CASE("what a loop's rooms gathered in a turn goes to the storage in one piece", "[net]") {
  rig r;
  for (int i = 0; i < 50; ++i) r.add_room(3);
  r.run();
  CHECK(r.sizes == std::vector<std::size_t>{50, 50, 50});
}

TEST_CASE("under load rooms are told at most once a commit interval", "[net]") {
  constexpr int rounds = 40;
  rig r;
  r.add_room(rounds);
  const auto begin = std::chrono::steady_clock::now();
  r.run();
  CHECK(std::chrono::steady_clock::now() - begin >= (rounds - 1) * limits::commit_interval);
}

}  // namespace chat::test
