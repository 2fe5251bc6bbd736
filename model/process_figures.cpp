#include "model/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include "model/limits.hpp"

namespace chat {

namespace {

std::uint64_t micros(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

process_figures read_process_figures() {
  process_figures figures;
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> size_pages >> resident_pages)
    figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::error_code ignored;
  const std::filesystem::directory_iterator open("/proc/self/fd", ignored);
  const auto count = std::distance(begin(open), end(open));
  // One of them is the folder itself, while it is read.
  if (count > 0) figures.descriptors = static_cast<std::uint64_t>(count) - 1;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0)
    figures.cpu_micros = micros(used.ru_utime) + micros(used.ru_stime);
  return figures;
}

process_figures recent_process_figures() {
  static std::mutex mutex;
  static process_figures newest;
  static std::chrono::steady_clock::time_point read_at{};
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::steady_clock::now();
  if (read_at.time_since_epoch().count() == 0 || now - read_at > limits::process_figures_age) {
    newest = read_process_figures();
    read_at = now;
  }
  return newest;
}

}  // namespace chat
