// How many processors a process may use.

#include "app/processors.hpp"

#include <sched.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "tests/temporary_directory.hpp"

namespace chat::test {

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("processors: those of the affinity count", "[app]") {
  temporary_directory root;
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_processors(root.path()) == static_cast<unsigned>(CPU_COUNT(&before)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(usable_processors(root.path()) == 1);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
}

TEST_CASE("processors: the quota of a control group counts, and of those above it", "[app]") {
  const auto all = usable_processors("/nowhere");
  const auto with = [](const std::string& group, const std::string& file, const std::string& text) {
    temporary_directory root;
    write(root.path() / "proc/self/cgroup", group);
    write(root.path() / "sys/fs/cgroup" / file, text);
    if (file.ends_with("cfs_quota_us"))
      write((root.path() / "sys/fs/cgroup" / file).parent_path() / "cpu.cfs_period_us", "100000\n");
    return usable_processors(root.path());
  };
  CHECK(with("0::/a/b\n", "a/b/cpu.max", "100000 100000\n") == 1);
  CHECK(with("0::/a/b\n", "a/cpu.max", "50000 100000\n") == 1);
  CHECK(with("0::/\n", "cpu.max", "100000 100000\n") == 1);
  CHECK(with("0::/a/b\n", "a/b/cpu.max", "max 100000\n") == all);
  CHECK(with("0::/a/b\n", "a/c/cpu.max", "100000 100000\n") == all);
  CHECK(with("0::/a\n", "a/cpu.max", "broken") == all);
  CHECK(with("4:cpu,cpuacct:/a\n", "cpu/a/cpu.cfs_quota_us", "100000\n") == 1);
  CHECK(with("4:cpu,cpuacct:/a\n", "cpu/a/cpu.cfs_quota_us", "-1\n") == all);
  CHECK(with("4:cpuset:/a\n", "cpu/a/cpu.cfs_quota_us", "100000\n") == all);
  // A part of a processor more is a loop more.
  CHECK(with("0::/a\n", "a/cpu.max", "110000 100000\n") == std::min(2u, all));
}

}  // namespace chat::test
