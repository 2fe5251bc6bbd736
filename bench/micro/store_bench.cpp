// What does durability cost? Question: how long does a message take in a batch of N, written to the
// kernel (process) or to the disk (power), all in one room and each in a room of its own?
// Run: build/release/bin/store_bench

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "storage/store.hpp"

namespace {

using namespace chat;

void commit(benchmark::State& state, durability mode, bool one_room) {
  std::string folder = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  {
    auto db = store::open(folder, mode).value();
    message m;
    m.timestamp_ms = 1'700'000'000'000;
    m.sender = "Ada";
    m.author = "sess-0123456789abcdef01234567";
    m.text = std::string(64, 'x');
    for (auto _ : state) {
      ++m.seq;
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        if (one_room) m.seq += 1;
        db->stage_message(one_room ? "room" : "room-" + std::to_string(i), m);
      }
      if (const auto done = db->commit(); !done)
        return state.SkipWithError(done.error().message.c_str());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
  }
  std::filesystem::remove_all(folder);
}

BENCHMARK_CAPTURE(commit, process_one_room, durability::process, true)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(commit, process_many_rooms, durability::process, false)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(commit, power_many_rooms, durability::power, false)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
