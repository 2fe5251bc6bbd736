#include "net/loop_scheduler.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <deque>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>

#include "net/loop.hpp"

namespace chat {

namespace {

// Messages one actor may handle before the next one's turn.
constexpr std::size_t throughput = 100;
// Actors resumed before the loop looks at its sockets again.
constexpr std::size_t jobs_per_turn_max = 256;

std::vector<loop*> loops_of_the_node;

// The ready actors of one loop. From the loop itself they queue without a lock.
class loop_unit final : public caf::execution_unit {
 public:
  loop_unit(caf::actor_system* system, loop& home) : execution_unit(system), home_(home) {}

  void exec_later(caf::resumable* job) override {
    if (home_.is_current()) {
      own_.push_back(job);
      schedule();
      return;
    }
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = others_.empty();
      others_.push_back(job);
    }
    if (was_empty) asio::post(home_.io(), [this] { take_others(); });
  }

  // Calls `done` on the loop once no actor of it is ready any more. Thread: any.
  void when_idle(std::function<void()> done) {
    asio::post(home_.io(), [this, done = std::move(done)]() mutable {
      if (has_jobs()) return when_idle(std::move(done));
      done();
    });
  }

  loop& home() const { return home_; }

 private:
  bool has_jobs() {
    if (!own_.empty()) return true;
    const std::lock_guard lock(mutex_);
    return !others_.empty();
  }

  void schedule() {
    if (std::exchange(scheduled_, true)) return;
    asio::post(home_.io(), [this] { run(); });
  }

  void take_others() {
    std::vector<caf::resumable*> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(others_);
    }
    own_.insert(own_.end(), jobs.begin(), jobs.end());
    schedule();
  }

  void run() {
    scheduled_ = false;
    for (std::size_t i = 0; i < jobs_per_turn_max && !own_.empty(); ++i) {
      auto* job = own_.front();
      own_.pop_front();
      switch (job->resume(this, throughput)) {
        case caf::resumable::resume_later:
          own_.push_back(job);
          break;
        case caf::resumable::done:
        case caf::resumable::awaiting_message:
          caf::intrusive_ptr_release(job);
          break;
        case caf::resumable::shutdown_execution_unit:
          break;
      }
    }
    if (!own_.empty()) schedule();
  }

  loop& home_;
  std::deque<caf::resumable*> own_;
  bool scheduled_ = false;
  std::mutex mutex_;  // guards others_ only; held for a push or a swap
  std::vector<caf::resumable*> others_;
};

class loop_scheduler final : public caf::scheduler::abstract_coordinator {
 public:
  using abstract_coordinator::abstract_coordinator;

  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>) {
    return new loop_scheduler(system);
  }

  void start() override {
    for (auto* home : loops_of_the_node)
      units_.push_back(std::make_unique<loop_unit>(&system(), *home));
    clock_thread_ = std::thread([this] { clock_.run_dispatch_loop(); });
    abstract_coordinator::start();  // spawns CAF's printer: the units must exist
  }

  void stop() override {
    stop_actors();
    clock_.cancel_dispatch_loop();
    clock_thread_.join();
    finish_jobs();
  }

  // From a loop's own handlers an actor stays on that loop; from elsewhere they take turns.
  void enqueue(caf::resumable* job) override {
    for (auto& unit : units_)
      if (unit->home().is_current()) return unit->exec_later(job);
    units_[next_worker_++ % units_.size()]->exec_later(job);
  }

  caf::actor_clock& clock() noexcept override { return clock_; }

 private:
  // CAF's own hidden actors, which nobody counts, were told to end just now and may do so only
  // while this scheduler stands. And whoever spawned an actor keeps a thread-local reference to
  // CAF's logger, for the last of which the destructor of the actor system waits. CAF's own workers
  // have ended by then, loops have not.
  void finish_jobs() {
    std::latch done(static_cast<std::ptrdiff_t>(units_.size()));
    for (auto& unit : units_)
      unit->when_idle([&done] {
        caf::logger::set_current_actor_system(nullptr);
        done.count_down();
      });
    done.wait();
  }

  std::vector<std::unique_ptr<loop_unit>> units_;
  caf::detail::thread_safe_actor_clock clock_;
  std::thread clock_thread_;
};

}  // namespace

void use_loop_scheduler(caf::actor_system_config& config,
                        const std::vector<std::unique_ptr<loop>>& loops) {
  loops_of_the_node.clear();
  for (const auto& l : loops) loops_of_the_node.push_back(l.get());
  config.load<loop_scheduler>();
}

}  // namespace chat
