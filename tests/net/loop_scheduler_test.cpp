#include "net/loop_scheduler.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "net/loop.hpp"

using namespace chat;
using namespace std::chrono_literals;

namespace {

// Loops on threads of their own and an actor system on them, taken down in the node's order.
class actors_on_loops {
 public:
  explicit actors_on_loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops.push_back(std::make_unique<loop>());
    for (auto& l : loops) threads_.emplace_back([&l = *l] { l.run(); });
    use_loop_scheduler(config_, loops);
    system = std::make_unique<caf::actor_system>(config_);
  }

  ~actors_on_loops() {
    system.reset();
    for (auto& l : loops) l->stop();
    for (auto& t : threads_) t.join();
  }

  std::vector<std::unique_ptr<loop>> loops;
  std::unique_ptr<caf::actor_system> system;

 private:
  std::vector<std::thread> threads_;
  caf::actor_system_config config_;
};

}  // namespace

// A loop that is late when the system ends: first with the message that ends CAF's hidden actors,
// then between that message and their last job. The pauses only open the window, nothing waits
// for them.
TEST_CASE("a system on slow loops ends after the last of its actors", "[net]") {
  for (const std::size_t count : {1U, 2U}) {
    actors_on_loops node(count);
    for (auto& l : node.loops)
      l->post([&l = *l] {
        std::this_thread::sleep_for(100ms);
        l.post([] { std::this_thread::sleep_for(100ms); });
      });
  }
}
