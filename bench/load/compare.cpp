#include "bench/load/compare.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>
#include <utility>

#include "bench/load/bare_store.hpp"
#include "bench/load/run.hpp"

namespace bench {

namespace {

using kinds = std::vector<server_kind>;
using reading = std::function<double(const figures&)>;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::string times(double factor, const std::string& peer) {
  char text[64];
  std::snprintf(text, sizeof(text), "≤ %.2g × %s", factor, peer.c_str());
  return text;
}

// One message delivered in a large room, in two ways of loading it.
struct shape {
  const char* name;
  std::uint32_t rooms, members, senders;
  double at_fixed_rate_max;  // of Bun's CPU at half of Bun's maximum
  bool is_large;
};
constexpr shape shapes[] = {
    {"room of 32, all sending", 1, 32, 0, 0.8, false},
    {"100 rooms of 10, 2 senders", 100, 10, 2, 1.0, true},
    {"room of 1000, 4 senders", 1, 1000, 4, 0.8, true},
};

class comparison {
 public:
  comparison(const compare_options& options, progress& bar,
             const std::function<void(const table_row&)>& on_row)
      : options_(options), bar_(bar), on_row_(on_row) {}

  report carry_out() {
    for (const auto& s : shapes) saturation(s);
    for (const auto& s : shapes) fixed_rate(s);
    nearly_idle();
    idle_sessions();
    connecting();
    commands();
    durable();
    growth();
    slow();
    idle_node();
    scaling();
    return std::move(report_);
  }

 private:
  // --- Running ---

  bool wanted(const std::string& name) const {
    return name.find(options_.only) != std::string::npos;
  }

  figures once(server_options server_asked, const settings& s) {
    server_asked.pin = options_.pin;
    server target(std::move(server_asked), s.rooms, std::max(s.members, 1U));
    run r(s, target, bar_);
    auto f = bench::carry_out(r);
    if (!target.options().pin)
      f.shape += ", " + std::to_string(target.options().threads) + " loop(s), not pinned";
    return f;
  }

  // Every kind in turn, as often as asked; what one run measured stands beside its neighbours'.
  std::map<server_kind, std::vector<figures>> in_turn(const std::string& title, const kinds& all,
                                                      const settings& s,
                                                      const server_options& base = {}) {
    std::map<server_kind, std::vector<figures>> results;
    for (int round = 0; round < options_.repeat; ++round)
      for (const auto kind : all) {
        if (what_is_missing(kind)) continue;
        bar_.title(title + ", round " + std::to_string(round + 1) + ", " + to_string(kind) + ",");
        auto server_asked = base;
        server_asked.kind = kind;
        results[kind].push_back(once(server_asked, s));
      }
    for (auto& [kind, runs] : results) keep_middle(runs);
    return results;
  }

  // For the plots: the run whose rate is the median.
  void keep_middle(std::vector<figures> runs) {
    std::ranges::sort(runs, {}, &figures::rate);
    report_.runs.push_back(runs[runs.size() / 2]);
  }

  static double middle(const std::vector<figures>& runs, const reading& read) {
    std::vector<double> values;
    for (const auto& f : runs) values.push_back(read(f));
    return median(values);
  }

  // --- Rows ---

  void add(table_row row) {
    bar_.clear();
    on_row_(row);
    report_.table.push_back(std::move(row));
  }

  table_row row_of(std::string what, std::string unit,
                   const std::map<server_kind, std::vector<figures>>& results,
                   const reading& read) {
    table_row row{std::move(what), std::move(unit), {}, {}, {}};
    for (const auto& [kind, runs] : results) {
      const auto limited = std::ranges::count_if(runs, &figures::client_was_the_limit);
      const bool or_more = row.unit == "1/s" && 2 * limited > std::ssize(runs);
      row.cells.push_back({to_string(kind), middle(runs, read), or_more});
    }
    return row;
  }

  static double cell(const table_row& row, const std::string& server) {
    const auto found = std::ranges::find(row.cells, server, &table_row::cell::server);
    return found == row.cells.end() ? 0 : found->value;
  }

  // `chatd` at most `factor` times the peer, joined to what the row asks for already.
  static void at_most(table_row& row, double factor, const std::string& peer) {
    if (cell(row, peer) <= 0) return;
    if (!row.target.empty()) row.target += ", ";
    row.target += times(factor, peer);
    row.met = row.met.value_or(true) && cell(row, "chatd") <= factor * cell(row, peer);
  }

  static void at_least(table_row& row, double factor, const std::string& peer) {
    if (cell(row, peer) <= 0) return;
    char text[64];
    std::snprintf(text, sizeof(text), "≥ %.2g × %s", factor, peer.c_str());
    row.target = text;
    row.met = cell(row, "chatd") >= factor * cell(row, peer);
  }

  static void bounded(table_row& row, double most, const std::string& words) {
    row.target = words;
    row.met = cell(row, "chatd") <= most;
  }

  // --- What is compared, in the order of the report ---

  settings talk(const shape& s) {
    auto asked = defaults_of("fanout");
    asked.rooms = s.rooms;
    asked.members = s.members;
    asked.senders = s.senders;
    asked.seconds = options_.seconds;
    return asked;
  }

  void saturation(const shape& s) {
    const std::string name = std::string("CPU a delivery, saturated: ") + s.name;
    const std::string fixed = std::string("CPU a delivery, fixed rate: ") + s.name;
    if (!wanted(name) && !wanted(fixed)) return;
    const auto results = in_turn(
        name, {server_kind::chatd, server_kind::bun, server_kind::node_ws, server_kind::floor},
        talk(s));
    if (const auto bun = results.find(server_kind::bun); bun != results.end())
      half_of_bun_[s.name] =
          middle(bun->second,
                 [](const figures& f) { return static_cast<double>(f.messages) / f.seconds; }) /
          2;
    auto row = row_of(name, "µs", results, [](const figures& f) { return f.cpu_us_each(); });
    at_most(row, 1.0, "Bun");
    at_most(row, 1.2, "floor");
    if (s.is_large) at_most(row, 1.0 / 7, "Node ws");
    add(row);
    add(row_of("deliveries a second, saturated: " + std::string(s.name), "1/s", results,
               [](const figures& f) { return f.rate(); }));
  }

  void fixed_rate(const shape& s) {
    const std::string name = std::string("CPU a delivery, fixed rate: ") + s.name;
    if (!wanted(name) || !half_of_bun_.contains(s.name)) return;
    auto asked = talk(s);
    asked.rate = half_of_bun_[s.name];
    const auto results = in_turn(name, {server_kind::chatd, server_kind::bun}, asked);
    auto row = row_of(name, "µs", results, [](const figures& f) { return f.cpu_us_each(); });
    at_most(row, s.at_fixed_rate_max, "Bun");
    add(row);
    auto slowest = row_of("p99, fixed rate: " + std::string(s.name), "ms", results,
                          [](const figures& f) { return f.latency_ms(99); });
    at_most(slowest, 1.2, "Bun");
    add(slowest);
  }

  void nearly_idle() {
    if (!wanted("latency at 100 messages a second")) return;
    auto asked = talk(shapes[0]);
    asked.rate = 100;
    const auto results = in_turn("latency", {server_kind::chatd, server_kind::bun}, asked);
    auto row = row_of("latency at 100 messages a second, p50", "ms", results,
                      [](const figures& f) { return f.latency_ms(50); });
    bounded(row, 0.5, "≤ 0.5 ms");
    add(row);
    row = row_of("latency at 100 messages a second, p99", "ms", results,
                 [](const figures& f) { return f.latency_ms(99); });
    bounded(row, 2, "≤ 2 ms");
    add(row);
  }

  void idle_sessions() {
    if (!wanted("RSS of an idle session")) return;
    auto asked = defaults_of("idle");
    asked.seconds = options_.seconds;
    const auto results = in_turn("idle sessions", {server_kind::chatd, server_kind::bun}, asked);
    auto row = row_of("RSS of an idle session, of 19,000", "bytes", results,
                      [](const figures& f) { return f.value_of("bytes per idle session"); });
    bounded(row, 4.5 * 1024, "≤ 4.5 KiB");
    add(row);
  }

  void connecting() {
    if (!wanted("joins a second")) return;
    auto asked = defaults_of("connect");
    asked.seconds = std::min(options_.seconds, 2.0);  // a node remembers 100,000 sessions at most
    const auto results = in_turn("joins", {server_kind::chatd, server_kind::bun}, asked);
    auto row = row_of("joins a second: chat-connect, upgrade, welcome; Bun the upgrade alone",
                      "1/s", results, [](const figures& f) { return f.rate(); });
    at_least(row, 1, "Bun");
    add(row);
  }

  void commands() {
    for (const std::string command : {"chat-status", "chat-poll"}) {
      if (!wanted(command + " a second")) continue;
      auto asked = defaults_of("commands");
      asked.command = command;
      asked.seconds = options_.seconds;
      server_options base;
      base.answer = sample_answer(asked);
      const auto results =
          in_turn(command, {server_kind::chatd, server_kind::node_http}, asked, base);
      auto row = row_of(command + " a second, 64 connections", "1/s", results,
                        [](const figures& f) { return f.rate(); });
      at_least(row, 3, "Node http");
      add(row);
    }
  }

  // What the node answers, for a peer that gives the same bytes to everybody.
  std::string sample_answer(const settings& s) {
    server target({.pin = options_.pin}, 1, 10);
    run r(s, target, bar_);
    return sample_command_answer(r);
  }

  void durable() {
    for (const std::string durability : {"process", "power"}) {
      const auto name = "acknowledged a second, 1000 senders, " + durability;
      if (!wanted(name)) continue;
      auto asked = defaults_of("durable");
      asked.seconds = options_.seconds;
      server_options base;
      base.durability = durability;
      auto results = in_turn(name, {server_kind::chatd}, asked, base);
      auto row = row_of(name, "1/s", results, [](const figures& f) { return f.rate(); });
      std::vector<double> bare;
      for (int round = 0; round < options_.repeat; ++round)
        bare.push_back(run_bare_store(asked, durability, 1000, options_.pin).rate());
      row.cells.push_back({"RocksDB", median(bare)});
      at_least(row, 0.5, "RocksDB");
      add(row);
    }
  }

  void growth() {
    growth_of(
        "CPU a delivery, 9,500 rooms; the other 10", "µs",
        [&](bool large) {
          auto asked = defaults_of("fanout");
          asked.rooms = large ? 9500 : 10;
          asked.members = 2;
          asked.rate = 2000;
          asked.seconds = options_.seconds;
          return asked;
        },
        [](const figures& f) { return f.cpu_us_each(); }, false);
    const auto polls = [&](std::uint32_t stored, bool oldest) {
      auto asked = defaults_of("commands");
      asked.command = "chat-poll";
      asked.stored = stored;
      asked.page = 10;
      asked.oldest = oldest;
      asked.seconds = options_.seconds;
      return asked;
    };
    growth_of(
        "chat-poll of 10 a second, 1,000,000 messages held; the other 11", "1/s",
        [&](bool large) { return polls(large ? 1'000'000 : 11, false); },
        [](const figures& f) { return f.rate(); }, true);
    if (!wanted("chat-poll of the oldest 10")) return;
    const auto deep = in_turn("deep polls", {server_kind::chatd}, polls(1'000'000, true));
    add(row_of("chat-poll of the oldest 10 of 1,000,000 a second", "1/s", deep,
               [](const figures& f) { return f.rate(); }));
  }

  // The large case; the small one is the other.
  void growth_of(const std::string& name, const std::string& unit,
                 const std::function<settings(bool large)>& asked, const reading& read,
                 bool more_is_better) {
    if (!wanted(name)) return;
    const auto small = in_turn(name, {server_kind::chatd}, asked(false));
    const auto large = in_turn(name, {server_kind::chatd}, asked(true));
    auto row = row_of(name, unit, large, read);
    row.cells.push_back({"other chatd", middle(small.at(server_kind::chatd), read)});
    if (more_is_better)
      at_least(row, 0.75, "other chatd");
    else
      at_most(row, 1.25, "other chatd");
    add(row);
  }

  void slow() {
    const std::string name = "p99 of the others, 10 % of 5,000 members deaf; the other none";
    if (!wanted(name)) return;
    auto asked = defaults_of("slow");
    const auto with = in_turn(name, {server_kind::chatd}, asked);
    asked.slow_share = 0;
    asked.members -= asked.members / 10;
    const auto without = in_turn(name, {server_kind::chatd}, asked);
    auto row = row_of(name, "ms", with, [](const figures& f) { return f.latency_ms(99); });
    row.cells.push_back({"other chatd", middle(without.at(server_kind::chatd),
                                               [](const figures& f) { return f.latency_ms(99); })});
    at_most(row, 1.3, "other chatd");
    add(row);
    add(row_of("RSS at most with 500 deaf members, all closed with 4008", "MiB", with,
               [](const figures& f) { return f.value_of("RSS at most"); }));
  }

  void idle_node() {
    if (!wanted("CPU of a node without clients")) return;
    auto asked = defaults_of("idle");
    asked.rooms = 1;
    asked.members = 0;
    asked.seconds = 10;
    const auto results = in_turn("idle node", {server_kind::chatd}, asked);
    auto row = row_of("CPU of a node without clients", "%", results,
                      [](const figures& f) { return f.value_of("CPU while idle"); });
    bounded(row, 0.1, "≤ 0.1 %");
    add(row);
  }

  void scaling() {
    const std::string name = "deliveries a second, not pinned, two loops; the other one";
    if (!wanted(name)) return;
    const auto asked = talk(shapes[1]);
    auto pinned = std::exchange(options_.pin, false);
    const auto one = in_turn(name, {server_kind::chatd}, asked, {.threads = 1});
    const auto two = in_turn(name, {server_kind::chatd}, asked, {.threads = 2});
    options_.pin = pinned;
    const auto rate = [](const figures& f) { return f.rate(); };
    auto row = row_of(name, "1/s", two, rate);
    row.cells.push_back({"other chatd", middle(one.at(server_kind::chatd), rate)});
    add(row);
  }

  compare_options options_;
  progress& bar_;
  const std::function<void(const table_row&)>& on_row_;
  report report_;
  std::map<std::string, double> half_of_bun_;  // messages a second, by shape
};

}  // namespace

report compare(const compare_options& options, progress& bar,
               const std::function<void(const table_row&)>& on_row) {
  return comparison(options, bar, on_row).carry_out();
}

}  // namespace bench
