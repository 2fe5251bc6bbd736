// chatd: reads its settings, runs a node, stops it on SIGTERM or SIGINT. On SIGHUP it reads the
// settings again, and the files they name.

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "app/backup.hpp"
#include "app/config.hpp"
#include "app/config_command.hpp"
#include "app/descriptors.hpp"
#include "app/key_command.hpp"
#include "app/log.hpp"
#include "app/mcp_command.hpp"
#include "app/node.hpp"
#include "app/repair.hpp"
#include "model/alike.hpp"
#include "model/limits.hpp"
#include "model/standard_output.hpp"

namespace {

constexpr int exit_not_stopped = 1;
constexpr int exit_refused = 2;  // settings, port, data directory: the operator's to mend

// Blocks them in every thread started later, so that only run gets them.
sigset_t block_signals() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file limit is a failed write, not an end
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

bool stop_is_asked() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

// Nothing waits for ever: past its time a node that stops ends like this.
void end_at_once(int) {
  constexpr std::string_view why =
      "chatd: the disk did not answer in time; what was acknowledged is in the store\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, why.data(), why.size());
  _exit(exit_not_stopped);
}

// What the operator has changed since. What cannot be read changes nothing.
void reload(chat::node& node, int argc, const char* const* argv) {
  // sd_notify(3): a reload begins with the time, and ends with READY=1.
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  sd_notifyf(
      0, "RELOADING=1\nMONOTONIC_USEC=%lld",
      static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
  const auto asked = chat::read_config(argc, argv);
  if (asked.what == chat::invocation::kind::run)
    node.reload(asked.settings);
  else
    spdlog::error("the settings stay as they were: {}",
                  std::string_view(asked.output).substr(0, asked.output.find('\n')));
  sd_notify(0, "READY=1");
}

int run(const chat::config& settings, int argc, const char* const* argv) {
  const auto signals = block_signals();
  chat::raise_descriptor_limit();
  chat::start_log(settings.log_level, settings.log_format);
  auto node = chat::node::start(settings, stop_is_asked);
  if (!node && stop_is_asked()) {
    spdlog::info("stopped before it had the store");
    return 0;
  }
  if (!node) {
    std::fprintf(stderr, "chatd: %s. %s\n", node.error().message.c_str(),
                 node.error().suggestion.c_str());
    return exit_refused;
  }
  for (const auto& url : (*node)->urls()) std::printf("chatd is listening on %s\n", url.c_str());
  // A node serves whoever reads its stdout or not.
  if (const auto problem = chat::find_output_problem()) {
    spdlog::warn("{}", *problem);
    std::clearerr(stdout);
  }
  sd_notify(0, "READY=1");  // to systemd, if it started us
  const timespec interval{std::chrono::seconds(chat::limits::key_file_interval).count(), 0};
  for (int signal = SIGHUP; signal == SIGHUP || signal < 0;) {
    signal = sigtimedwait(&signals, nullptr, &interval);
    if (signal == SIGHUP) reload(**node, argc, argv);
    if (signal < 0) (*node)->look_after();
    // systemd restarts a node that has not said so within its WatchdogSec=.
    if ((*node)->is_alive()) sd_notify(0, "WATCHDOG=1");
  }
  sd_notify(0, "STOPPING=1");
  signal(SIGALRM, end_at_once);
  alarm(static_cast<unsigned>((*node)->stop_timeout().count()));
  (*node)->stop();
  return 0;
}

constexpr std::string_view subcommands[] = {"backup", "config", "key", "mcp", "repair"};

int refuse_word(const std::string& word) {
  const auto alike = chat::most_alike(word, subcommands);
  const auto hint = alike.empty() ? "" : "Did you mean " + std::string(alike[0]) + "? ";
  std::fprintf(stderr,
               "chatd: there is no \"%s\". %sSubcommands are backup, config, key, mcp and repair; "
               "without one a node is started (see chatd --help)\n",
               word.c_str(), hint.c_str());
  return exit_refused;
}

int run_program(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "config") return chat::run_config_command(argc - 1, argv + 1);
  if (word == "backup") return chat::run_backup_command(argc - 1, argv + 1);
  if (word == "key") return chat::run_key_command(argc - 1, argv + 1);
  if (word == "mcp") return chat::run_mcp_command(argc - 1, argv + 1);
  if (word == "repair") return chat::repair(argc, argv);
  if (!word.empty() && word.front() != '-') return refuse_word(argv[1]);
  try {
    const auto asked = chat::read_config(argc, argv);
    switch (asked.what) {
      case chat::invocation::kind::run:
        std::fputs(asked.output.c_str(), stderr);
        return run(asked.settings, argc, argv);
      case chat::invocation::kind::print_and_exit:
        std::fputs(asked.output.c_str(), stdout);
        return 0;
      case chat::invocation::kind::refuse:
        std::fputs(asked.output.c_str(), stderr);
        return exit_refused;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "chatd: could not start: %s\n", e.what());
    return exit_refused;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // What is written is for its owner: messages, keys, secrets.
  umask(S_IRWXG | S_IRWXO);
  const auto status = run_program(argc, argv);
  const auto problem = chat::find_output_problem();
  if (!problem) return status;
  std::fprintf(stderr, "chatd: %s\n", problem->c_str());
  return status == 0 ? exit_refused : status;
}
