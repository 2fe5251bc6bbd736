// A store that is killed, and disks that fail.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <random>

#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

std::atomic<bool> sync_fails{false};

}  // namespace

// RocksDB in its shared library finds this one before libc's: the only way to see a disk that
// takes a write and then fails to keep it.
extern "C" int fdatasync(int fd) {
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

// --- kill -9 ------------------------------------------------------------------------------------

// The child is this binary again: a fork of a process that ran RocksDB has none of its threads.
TEST_CASE("store child: commits until killed", "[storage][child]") {
  const char* directory = std::getenv("CHATD_STORE_CHILD");
  if (directory == nullptr) return;  // only as the child of the case below
  const int out = std::atoi(std::getenv("CHATD_STORE_PIPE"));
  const auto s = open_store(directory);
  sequence last = 0;
  const auto tail = s->load_newest("lobby", 0, 1, 99'999);
  REQUIRE(tail);
  if (!tail->messages.empty()) last = tail->messages.back()->seq;
  for (;;) {
    const sequence batch = 1 + last % 7;
    for (sequence i = 1; i <= batch; ++i)
      stage(*s, "lobby", {text_message(last + i, std::string(300, 'x'))});
    REQUIRE(s->commit());
    last += batch;
    REQUIRE(write(out, &last, sizeof(last)) == sizeof(last));  // the acknowledgement
  }
}

TEST_CASE("kill -9 loses nothing acknowledged, 20 times over", "[storage]") {
  const scratch_directory dir;
  std::mt19937 random(std::random_device{}());
  sequence acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
      const std::string path = dir.path.string();
      setenv("CHATD_STORE_CHILD", path.c_str(), 1);
      setenv("CHATD_STORE_PIPE", std::to_string(ends[1]).c_str(), 1);
      execl("/proc/self/exe", "chat_tests", "store child: commits until killed", nullptr);
      _exit(127);
    }
    ::close(ends[1]);
    // The child does not wait for us: whatever it does then, it is killed in the middle of it.
    sequence seen = 0;
    for (unsigned acks = 1 + random() % 300; acks > 0; --acks)
      REQUIRE(read(ends[0], &seen, sizeof(seen)) == sizeof(seen));
    kill(child, SIGKILL);
    while (read(ends[0], &seen, sizeof(seen)) == sizeof(seen)) {
    }
    ::close(ends[0]);
    waitpid(child, nullptr, 0);
    REQUIRE(seen > acknowledged);
    acknowledged = seen;

    const auto s = open_store(dir.path);
    const auto page = s->load_after("lobby", 0, ~std::size_t{0});
    REQUIRE(page);
    REQUIRE(page->messages.size() >= acknowledged);
    bool in_order = true;
    for (std::size_t i = 0; i < page->messages.size(); ++i)
      in_order = in_order && page->messages[i]->seq == i + 1;
    CHECK(in_order);
    // Beyond the acknowledgements at most the one batch that was under way, whole.
    const auto extra = page->messages.size() - acknowledged;
    CHECK((extra == 0 || extra == 1 + acknowledged % 7));
  }
}

// --- disks that fail ----------------------------------------------------------------------------

namespace {

/// Writes batches until one fails, recovers once `relieve` has been called, and shows that
/// exactly the acknowledged batches are there: now, after more commits and after reopening.
void check_recovery(const fs::path& directory, std::function<void()> relieve) {
  auto s = open_store(directory);
  s->stage_room({"lobby", "before", "", 1, 1});
  REQUIRE(s->commit());
  std::vector<sequence> acknowledged;
  sequence seq = 0;
  const auto commit_batch = [&](std::size_t text_bytes) {
    const sequence first = seq + 1;
    for (int i = 0; i < 10; ++i)
      stage(*s, "lobby", {text_message(++seq, std::string(text_bytes, 'x'))});
    s->stage_room({"lobby", "at " + std::to_string(first), "", 1, 1});
    s->stage_room({"new" + std::to_string(first), "", "", 1, 1});
    if (!s->commit()) return false;
    for (sequence i = first; i <= seq; ++i) acknowledged.push_back(i);
    return true;
  };
  while (commit_batch(1000)) REQUIRE(seq < 100'000);
  const auto complete = [&] {
    const auto page = s->load_after("lobby", 0, ~std::size_t{0});
    if (!page) FAIL(page.error().message);
    std::vector<sequence> got;
    for (const auto& m : page->messages) got.push_back(m->seq);
    CHECK(got == acknowledged);
    const auto rooms = s->rooms();
    REQUIRE(rooms);
    CHECK(rooms->size() == 1 + acknowledged.size() / 10);
    CHECK(rooms->at(0).name == "at " + std::to_string(acknowledged.back() - 9));
  };
  complete();  // reading goes on
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(commit_batch(1));  // nor does a batch that would fit slip in
    CHECK_FALSE(s->recover());
    complete();
  }
  relieve();
  CHECK_FALSE(commit_batch(1));  // not before recover()
  const auto recovered = s->recover();
  if (!recovered) FAIL(recovered.error().message);
  complete();
  for (int i = 0; i < 20; ++i) REQUIRE(commit_batch(100));
  complete();
  s.reset();
  s = open_store(directory);
  complete();
}

}  // namespace

TEST_CASE("after a full disk has room again the store goes on", "[storage]") {
  const scratch_directory dir;
  if (mount("tmpfs", dir.path.c_str(), "tmpfs", 0, "size=16m") != 0) {
    // A skip is not a pass: .ci/run sets CHATD_NO_SKIPS.
    if (std::getenv("CHATD_NO_SKIPS")) FAIL("a small tmpfs cannot be mounted here");
    WARN("skipped: mounting a small tmpfs needs root (" << std::strerror(errno) << ')');
    return;
  }
  struct unmounter {
    const fs::path& path;
    ~unmounter() { umount2(path.c_str(), MNT_DETACH); }
  } const unmount{dir.path};
  const auto filler = dir.path / "filler";
  const int fd = open(filler.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(posix_fallocate(fd, 0, 12 << 20) == 0);
  ::close(fd);
  check_recovery(dir.path / "data", [&] { fs::remove(filler); });
}

TEST_CASE("after writes past a file size limit the store goes on", "[storage]") {
  const scratch_directory dir;
  file_size_limit low(300'001);
  check_recovery(dir.path, [&] { low.lift(); });
}

TEST_CASE("a batch whose sync failed is not there after recovery", "[storage]") {
  const scratch_directory dir;
  struct healer {
    ~healer() { sync_fails = false; }
  } const heal;
  auto s = open_store(dir.path, durability::power);
  commit_all(*s, "lobby", {1, 2});
  sync_fails = true;
  CHECK_FALSE(commit_one(*s, 3));  // its bytes are in the log
  CHECK_FALSE(s->recover());
  CHECK_FALSE(s->recover());
  sync_fails = false;
  const auto recovered = s->recover();
  if (!recovered) FAIL(recovered.error().message);
  CHECK(all_of(*s) == "1 2");
  REQUIRE(commit_one(*s, 4));
  s.reset();
  CHECK(all_of(*open_store(dir.path)) == "1 2 4");
}

TEST_CASE("a data directory taken away does not become a store without its past", "[storage]") {
  const scratch_directory dir;
  struct healer {
    ~healer() { sync_fails = false; }
  } const heal;
  const auto data = dir.path / "data";
  const auto s = open_store(data, durability::power);
  commit_all(*s, "lobby", {1});
  sync_fails = true;
  CHECK_FALSE(commit_one(*s, 2));
  sync_fails = false;
  fs::rename(data, dir.path / "away");
  CHECK_FALSE(s->recover());
  fs::create_directory(data);
  CHECK_FALSE(s->recover());
  CHECK_FALSE(s->recover());
  CHECK_FALSE(s->load_after("lobby", 0, 1));
  CHECK_FALSE(commit_one(*s, 3));
  fs::remove_all(data);
  fs::rename(dir.path / "away", data);
  REQUIRE(s->recover());
  CHECK(all_of(*s) == "1");
}
