#include "bench/load/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <fstream>
#include <sstream>

#include "bench/load/clock.hpp"
#include "bench/load/run_failure.hpp"

namespace bench {

namespace {

constexpr std::int64_t start_timeout_ns = 30 * ns_per_s;
constexpr std::int64_t stop_timeout_ns = 10 * ns_per_s;
constexpr useconds_t stop_look_us = 2000;

}  // namespace

std::optional<usage> usage_of(pid_t pid) {
  clockid_t clock{};
  timespec cpu{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0) return std::nullopt;
  const auto folder = "/proc/" + std::to_string(pid);
  std::ifstream stat_file(folder + "/stat");
  std::string stat;
  std::getline(stat_file, stat);
  // The name, field 2, may hold anything; what follows it does not.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  std::int64_t pages = 0;
  std::ifstream(folder + "/statm") >> skipped >> pages;
  const auto tick_ns = ns_per_s / sysconf(_SC_CLK_TCK);
  return usage{cpu.tv_sec * ns_per_s + cpu.tv_nsec, user * tick_ns, system * tick_ns,
               pages * sysconf(_SC_PAGESIZE)};
}

bool pin_to(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(static_cast<std::size_t>(core), &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

child::child(const std::vector<std::string>& command, const std::vector<int>& cores) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_with_errno("pipe");
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server outlives the harness
    if (getppid() != parent) _exit(127);
    if (!cores.empty()) pin_to(cores);
    dup2(ends[1], STDOUT_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
  try {
    if (pid_ < 0) fail_with_errno("fork");
    await_port(command.front());
  } catch (...) {
    stop();
    throw;
  }
}

child::~child() { stop(); }

void child::await_port(const std::string& name) {
  std::string said;
  const auto deadline = now_ns() + start_timeout_ns;
  while (said.find('\n') == std::string::npos) {
    const auto left = deadline - now_ns();
    if (left <= 0) throw run_failure(name + " did not say its port within 30 s");
    pollfd p{output_, POLLIN, 0};
    if (poll(&p, 1, static_cast<int>(left / ns_per_ms) + 1) <= 0) continue;
    char bytes[512];
    const auto got = read(output_, bytes, sizeof(bytes));
    if (got <= 0)
      throw run_failure(name + " ended before it listened" + (said.empty() ? "" : ": " + said));
    said.append(bytes, static_cast<std::size_t>(got));
  }
  const auto line = said.substr(0, said.find('\n'));
  const auto colon = line.rfind(':');
  if (colon == std::string::npos ||
      std::from_chars(line.data() + colon + 1, line.data() + line.size(), port_).ec != std::errc())
    throw run_failure(name + " said no port: " + line);
}

void child::stop() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    const auto deadline = now_ns() + stop_timeout_ns;
    while (waitpid(pid_, nullptr, WNOHANG) == 0) {
      if (now_ns() > deadline) kill(pid_, SIGKILL);
      usleep(stop_look_us);
    }
    pid_ = -1;
  }
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

}  // namespace bench
