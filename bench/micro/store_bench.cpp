// What does durability cost? Question: how long does a message take in a batch of N, written to the
// kernel (process) or to the disk (power), all in one room and each in a room of its own? And how
// long with its words indexed at once, as a node does in quiet moments?
// Run: build/release/bin/store_bench

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace {

using namespace chat;

// Eleven words of a language of a few thousand.
std::string sentence(std::mt19937& random) {
  std::string text;
  while (text.size() < 64) {
    const auto word = std::min(random() % 5'000, random() % 5'000);
    for (auto rest = word + 1; rest > 0; rest /= 26) text += static_cast<char>('a' + rest % 26);
    text += "ing ";
  }
  text.resize(64);
  return text;
}

void commit(benchmark::State& state, durability mode, bool one_room, bool indexes = false) {
  std::string folder = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  {
    auto db = store::open(folder, mode).value();
    const auto count = static_cast<std::size_t>(state.range(0));
    std::mt19937 random(1);
    std::vector<message> batch(count);
    std::vector<message_ptr> messages;
    for (auto& m : batch) {
      m.timestamp_ms = 1'700'000'000'000;
      m.sender = "Ada";
      m.author = "sess-0123456789abcdef01234567";
      m.text = sentence(random);
      messages.push_back(message_ptr(message_ptr(), &m));  // lives as long as the batch
    }
    sequence seq = 0;
    for (auto _ : state) {
      if (one_room) {
        for (auto& m : batch) m.seq = ++seq;
        db->stage_messages("room", messages);
      } else {
        ++seq;
        for (std::size_t i = 0; i < count; ++i) {
          batch[i].seq = seq;
          db->stage_messages("room-" + std::to_string(i), std::span(messages).subspan(i, 1));
        }
      }
      if (const auto done = db->commit(); !done)
        return state.SkipWithError(done.error().message.c_str());
      while (indexes && db->words_are_due())
        if (!db->stage_due_words() || !db->commit()) return state.SkipWithError("not indexed");
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
BENCHMARK_CAPTURE(commit, process_one_room_indexed, durability::process, true, true)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(commit, process_many_rooms_indexed, durability::process, false, true)
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
