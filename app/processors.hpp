#pragma once
// How many processors this process may use: in a container, or bound to some of them, fewer than
// the machine has.

#include <filesystem>

namespace chat {

/// The smaller of the CPU affinity (sched_getaffinity) and the CPU quota of the process's control
/// group and of those above it, rounded up; at least 1. Read anew at each call.
/// Source: cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us` (Linux, Documentation/admin-guide).
/// `root`: where /proc and /sys are, for tests.
unsigned usable_processors(const std::filesystem::path& root = "/");

}  // namespace chat
