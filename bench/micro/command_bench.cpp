// What does a command cost without its HTTP? Question: how long does a call take through the
// command actor and the actors it asks, alone and 64 at a time, from the call to its answer as
// JSON? Run: build/release/bin/command_bench   (CPU is the whole process's, all threads together)

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <caf/all.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "actors/call_memory.hpp"
#include "actors/command.hpp"
#include "actors/hub.hpp"
#include "actors/storage.hpp"
#include "model/json_reader.hpp"
#include "net/loop.hpp"
#include "net/loop_scheduler.hpp"
#include "storage/store.hpp"

namespace {

using namespace chat;

class rig {
 public:
  rig() : folder_((std::filesystem::temp_directory_path() / "command-bench-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    loops_.push_back(std::make_unique<loop>());
    context_.lanes = {loops_[0].get()};
    context_.tokens = &signer_;
    thread_ = std::thread([this] { loops_[0]->run(); });
    use_loop_scheduler(config_, loops_);
    system_ = std::make_unique<caf::actor_system>(config_);
    storage_ = system_->spawn<caf::detached>(
        make_storage, std::shared_ptr<store>(store::open(folder_, durability::process).value()),
        &context_);
    loops_[0]->post([this, storage = storage_] { loops_[0]->store_with(storage); });
    hub_ =
        system_->spawn(make_hub, &context_, storage_,
                       stored_state{.rooms = {{"general", "General", "", 100, 0}}, .sessions = {}});
    memory_ = system_->spawn(make_call_memory, storage_);
    command_ = system_->spawn(make_command, hub_, memory_, &context_);
    for (int i = 0; i < 50; ++i) call("chat-send", R"({"roomId":"general","text":"hello"})", 1);
    const auto handoff = call("chat-connect", R"({"roomId":"general"})", 1);
    const std::string name = R"("sessionId":")";
    session_id = handoff.substr(handoff.find(name) + name.size(), 29);
  }
  ~rig() {
    caf::anon_send_exit(command_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(memory_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(hub_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(storage_, caf::exit_reason::user_shutdown);
    loops_[0]->post([this] { loops_[0]->store_with(nullptr); });
    command_ = memory_ = hub_ = storage_ = nullptr;
    system_.reset();
    loops_[0]->stop();
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  /// `count` calls at once; the last answer.
  std::string call(const std::string& name, const std::string& input, int count) {
    std::unique_lock lock(mutex_);
    open_ = count;
    loops_[0]->post([&] {
      for (int i = 0; i < count; ++i) {
        auto c = make_call(name, *parse_json(input));
        c->who = local_user();
        c->answer = [this](command_answer a) {
          const std::lock_guard guard(mutex_);
          answer_ = std::move(a.json);
          if (--open_ == 0) done_.notify_one();
        };
        caf::anon_send(command_, std::move(c));
      }
    });
    done_.wait(lock, [this] { return open_ == 0; });
    return answer_;
  }

  std::string session_id;

 private:
  std::string folder_;
  node_counters counters_;
  token_signer signer_{"no secret at all, but long enough"};
  node_context context_{.counters = counters_, .version = "bench"};
  std::vector<std::unique_ptr<loop>> loops_;
  std::thread thread_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::actor storage_, hub_, memory_, command_;
  std::mutex mutex_;
  std::condition_variable done_;
  int open_ = 0;
  std::string answer_;
};

void dispatch(benchmark::State& state, const std::string& name) {
  rig r;
  const auto input = name == "chat-status" ? R"({"sessionId":")" + r.session_id + "\"}"
                     : name == "chat-poll" ? std::string(R"({"roomId":"general","limit":50})")
                                           : std::string("{}");
  const auto count = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(r.call(name, input, count));
  state.SetItemsProcessed(state.iterations() * count);
}

BENCHMARK_CAPTURE(dispatch, chat_rooms, "chat-rooms")
    ->Arg(1)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(dispatch, chat_status, "chat-status")
    ->Arg(1)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(dispatch, chat_poll, "chat-poll")
    ->Arg(1)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
