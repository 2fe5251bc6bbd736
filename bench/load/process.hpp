#pragma once
// A server under load as its operating system sees it: started, pinned, measured, stopped.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What a process has used so far, and holds now.
struct usage {
  std::int64_t cpu_ns = 0;     ///< all threads, exact
  std::int64_t user_ns = 0;    ///< share of it outside the kernel, in ticks of 10 ms
  std::int64_t system_ns = 0;  ///< and inside
  std::int64_t rss_bytes = 0;
};

/// Nothing when there is no such process, or it may not be looked at.
std::optional<usage> usage_of(pid_t pid);

/// Pins the calling process to these cores; false when the machine has no such core.
bool pin_to(const std::vector<int>& cores);

/// A child process. Killed when this object ends, whatever happens before. Thread: one.
class child {
 public:
  /// Starts `command` on `cores` (empty: any) and waits up to 30 s for the line on its standard
  /// output that names its port, as `…:PORT`. Throws run_failure with what it said instead.
  child(const std::vector<std::string>& command, const std::vector<int>& cores);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const { return pid_; }
  std::uint16_t port() const { return port_; }
  /// SIGTERM, then SIGKILL after 10 s.
  void stop();

 private:
  void await_port(const std::string& name);
  pid_t pid_ = -1;
  int output_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace bench
