// chat-bench: puts a node, or its peers, under load and says what it found.

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <optional>

#include "bench/load/compare.hpp"
#include "bench/load/run.hpp"

namespace {

constexpr int exit_broken = 1;   // a promise was broken, or a run could not go on
constexpr int exit_refused = 2;  // flags

// What the flags say over the defaults of the scenario.
struct asked {
  std::string scenario = "mixed";
  std::optional<std::uint32_t> rooms, members, senders, window, text, connections, stored, page;
  std::optional<double> rate, slow, seconds, warm_up;
  std::optional<std::string> command;
  bool oldest = false;
  bool start = false;
  bool compares = false;
  bool no_pin = false;
  bench::server_options server;
  bench::compare_options comparison;
  std::string json_file;
  std::string html_file;
};

template <class T, class U>
void override_with(T& value, const std::optional<U>& given) {
  if (given) value = *given;
}

bench::settings settings_of(const asked& a) {
  auto s = bench::defaults_of(a.scenario);
  override_with(s.rooms, a.rooms);
  override_with(s.members, a.members);
  override_with(s.senders, a.senders);
  override_with(s.window, a.window);
  override_with(s.text_bytes, a.text);
  override_with(s.connections, a.connections);
  override_with(s.stored, a.stored);
  override_with(s.page, a.page);
  override_with(s.rate, a.rate);
  override_with(s.slow_share, a.slow);
  override_with(s.seconds, a.seconds);
  override_with(s.warm_up_s, a.warm_up);
  override_with(s.command, a.command);
  s.oldest = a.oldest;
  return s;
}

void add_run_flags(CLI::App& app, asked& a) {
  app.add_option("--rooms", a.rooms, "rooms")->check(CLI::Range(1, 100'000));
  app.add_option("--members", a.members, "members of each room")->check(CLI::Range(0, 20'000));
  app.add_option("--senders", a.senders, "of each room, how many send; 0: all");
  app.add_option("--window", a.window, "closed loop: messages a sender has under way")
      ->check(CLI::Range(1, 64));
  app.add_option("--rate", a.rate, "open loop: messages a second in all (connect: joins)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--text", a.text, "bytes of each message")->check(CLI::Range(24, 2000));
  app.add_option("--connections", a.connections, "commands, connect: calls at a time")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--command", a.command, "commands: which one; all: each in turn")
      ->check(CLI::IsMember({"all", "chat-status", "chat-poll", "chat-send"}));
  app.add_option("--stored", a.stored, "commands: messages in the room that is polled");
  app.add_option("--page", a.page, "commands: messages a poll answers")->check(CLI::Range(1, 100));
  app.add_flag("--oldest", a.oldest, "commands: poll the oldest ones, not the newest");
  app.add_option("--slow", a.slow, "slow: share of the members that never read")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seconds", a.seconds, "how long to measure")->check(CLI::Range(0.1, 86'400.0));
  app.add_option("--warm-up", a.warm_up, "seconds before that")->check(CLI::Range(0.0, 600.0));
}

void add_server_flags(CLI::App& app, asked& a) {
  app.add_flag("--start", a.start, "start a node on a free port, with a temporary store (default)");
  app.add_option("--url", a.server.url, "a running node, such as http://127.0.0.1:3100");
  app.add_option("--pid", a.server.pid, "of that node, to see its CPU and memory");
  app.add_flag("--anywhere", a.server.anywhere, "allow a node that is not on this machine");
  app.add_option("--server", a.server.kind, "what to start: the node, or a peer of --compare")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, bench::server_kind>{{"chatd", bench::server_kind::chatd},
                                                    {"bun", bench::server_kind::bun},
                                                    {"node-ws", bench::server_kind::node_ws},
                                                    {"floor", bench::server_kind::floor}}));
  app.add_flag("--pin", a.server.pin, "server on the first core, client on the last");
  app.add_option("--threads", a.server.threads, "I/O loops of the node")->check(CLI::Range(1, 256));
  app.add_option("--durability", a.server.durability, "of the node")
      ->check(CLI::IsMember({"process", "power"}));
}

void add_compare_flags(CLI::App& app, asked& a) {
  app.add_flag("--compare", a.compares, "everything, beside Bun, Node and the floor, with targets");
  app.add_option("--repeat", a.comparison.repeat, "compare: runs of each; medians count")
      ->check(CLI::Range(1, 99));
  app.add_option("--only", a.comparison.only, "compare: rows whose name holds this");
  app.add_flag("--no-pin", a.no_pin, "compare: let the system choose the cores");
  app.add_option("--json", a.json_file, "write what was found to this file");
  app.add_option("--html", a.html_file, "write a page with plots to this file");
}

std::string scenarios_help() {
  std::string text = "Scenarios:\n";
  for (const auto& s : bench::scenario_names()) {
    text += "  " + std::string(s.name);
    text += std::string(12 - s.name.size(), ' ') + std::string(s.about) + '\n';
  }
  return text +
         "Every run checks what it measures: a message lost, repeated or out of order ends "
         "it with exit code 1.";
}

void write_file(const std::string& file, const std::string& text) {
  if (file.empty()) return;
  std::ofstream out(file);
  if (!(out << text).flush()) throw bench::run_failure("cannot write " + file);
  std::fprintf(stderr, "chat-bench: wrote %s\n", file.c_str());
}

// As many sockets as the machine allows; servers inherit it.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // else a large run says that it has no more sockets
}

void pin_client() {
  const auto last = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1;
  if (last < 1 || !bench::pin_to({last}))
    throw bench::run_failure("--pin needs two cores: one for the server, one for the client");
}

bench::report run_one(const asked& a, bench::progress& bar) {
  if (a.server.pin) pin_client();
  const auto s = settings_of(a);
  bench::server target(a.server, s.rooms, std::max(s.members, 1U));
  bench::run r(s, target, bar);
  bench::report result;
  result.runs.push_back(bench::carry_out(r));
  bar.clear();
  std::fputs(bench::to_text(result.runs.back()).c_str(), stdout);
  return result;
}

bench::report run_comparison(const asked& a, bench::progress& bar) {
  if (a.comparison.pin) pin_client();
  auto result = bench::compare(a.comparison, bar, [](const bench::table_row& row) {
    std::string line = row.what + ':';
    for (const auto& cell : row.cells) {
      char text[96];
      std::snprintf(text, sizeof(text), "  %s %.4g", cell.server.c_str(), cell.value);
      line += text;
    }
    if (row.met) line += *row.met ? "  met" : "  NOT met, " + row.target;
    std::fprintf(stderr, "%s\n", line.c_str());
  });
  std::fputs(bench::to_text(result.table).c_str(), stdout);
  return result;
}

int run(asked a, const std::string& command_line) {
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  a.comparison.pin = !a.no_pin;
  if (a.seconds) a.comparison.seconds = *a.seconds;
  bench::progress bar;
  auto result = a.compares ? run_comparison(a, bar) : run_one(a, bar);
  result.about = bench::about_machine();
  result.about.emplace_back("version", "chatd " CHATD_VERSION);
  result.about.emplace_back("command", command_line);
  write_file(a.json_file, bench::to_json(result));
  write_file(a.html_file, bench::to_html(result));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  asked a;
  CLI::App app("Puts a chat node under load and says what it found", "chat-bench");
  app.add_option("scenario", a.scenario, "one of those below");
  add_run_flags(app, a);
  add_server_flags(app, a);
  add_compare_flags(app, a);
  app.footer(scenarios_help());
  std::string command_line = "chat-bench";
  for (int i = 1; i < argc; ++i) command_line += std::string(" ") + argv[i];
  try {
    app.parse(argc, argv);
    if (a.start && !a.server.url.empty())
      throw CLI::ValidationError("--start and --url exclude each other");
    return run(a, command_line);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : exit_refused;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "\nchat-bench: %s\n", e.what());
    return exit_broken;
  }
}
