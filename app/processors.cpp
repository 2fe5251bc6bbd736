#include "app/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace chat {

namespace fs = std::filesystem;

namespace {

constexpr double no_quota = std::numeric_limits<double>::infinity();

double affinity() {
  // As many as Linux supports: with fewer the call fails on large machines.
  constexpr int processors_max = 8192;
  cpu_set_t* set = CPU_ALLOC(processors_max);
  const auto bytes = CPU_ALLOC_SIZE(processors_max);
  const bool is_known = set && sched_getaffinity(0, bytes, set) == 0;
  const auto count =
      is_known ? CPU_COUNT_S(bytes, set) : static_cast<int>(std::thread::hardware_concurrency());
  CPU_FREE(set);
  return count;
}

// `max 100000` or `150000 100000`: microseconds of CPU in a period.
double quota_v2(const fs::path& group) {
  std::ifstream in(group / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return no_quota;
  return std::strtod(quota.c_str(), nullptr) / period;
}

double quota_v1(const fs::path& group) {
  double quota = 0;
  double period = 0;
  std::ifstream(group / "cpu.cfs_quota_us") >> quota;
  std::ifstream(group / "cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : no_quota;
}

// A group has no more than the one above it.
template <class Quota>
double smallest_quota(const fs::path& mount, fs::path group, Quota quota_of) {
  auto smallest = quota_of(mount);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path())
    smallest = std::min(smallest, quota_of(mount / group));
  return smallest;
}

// Lines are `hierarchy:controllers:path`; of version 2 `0::path` (cgroups(7)).
double quota(const fs::path& root) {
  auto smallest = no_quota;
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const fs::path group = line.substr(second + 1);
    const auto mounts = root / "sys/fs/cgroup";
    if (controllers == ",,")
      smallest = std::min(smallest, smallest_quota(mounts, group, quota_v2));
    else if (controllers.find(",cpu,") != std::string::npos)
      smallest = std::min(smallest, smallest_quota(mounts / "cpu", group, quota_v1));
  }
  return smallest;
}

}  // namespace

unsigned usable_processors(const fs::path& root) {
  return static_cast<unsigned>(std::max(1.0, std::ceil(std::min(affinity(), quota(root)))));
}

}  // namespace chat
