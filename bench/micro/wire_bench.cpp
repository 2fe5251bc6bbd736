// What do bytes cost? Question: how long does one chat message take from the client's frame to the
// event, and from the stored message to the frame, by length of its text?
// Run: build/release/bin/wire_bench

#include <benchmark/benchmark.h>

#include <string>

#include "bench/load/client_frame.hpp"
#include "model/wire.hpp"
#include "net/ws_reader.hpp"

namespace {

std::string said(std::size_t bytes) {
  return R"({"type":"message","text":")" + std::string(bytes, 'x') + R"("})";
}

void decode(benchmark::State& state) {
  const auto json = said(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(chat::decode_client_event(json));
}

void encode(benchmark::State& state) {
  chat::message m;
  m.seq = 123'456;
  m.timestamp_ms = 1'700'000'000'000;
  m.sender = "Ada";
  m.text = std::string(static_cast<std::size_t>(state.range(0)), 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    chat::append_message(out, m);
    benchmark::DoNotOptimize(out);
  }
}

void take_frame_apart(benchmark::State& state) {
  std::string bytes;
  bench::append_client_frame(bytes, 1, said(static_cast<std::size_t>(state.range(0))));
  chat::ws_reader reader(64 * 1024);
  for (auto _ : state) {
    auto copy = bytes;  // it is unmasked where it lies
    std::span<char> input(copy);
    benchmark::DoNotOptimize(reader.next(input));
  }
}

BENCHMARK(decode)->Arg(64)->Arg(2000);
BENCHMARK(encode)->Arg(64)->Arg(2000);
BENCHMARK(take_frame_apart)->Arg(64)->Arg(2000);

}  // namespace

BENCHMARK_MAIN();
