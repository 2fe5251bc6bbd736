// Opening a store: whose it is, what is refused, and what a damaged one says.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

// --- opening ------------------------------------------------------------------------------------

TEST_CASE("a store of another schema version is refused, older and newer", "[storage]") {
  for (const char* version : {"0", "6", "x"}) {
    const scratch_directory dir;
    commit_all(*open_store(dir.path), "lobby", {1});
    raw_database(dir.path).put("schema", version);
    CHECK(refusal(dir.path) == "data directory \"" + dir.path.string() + "\" has schema version " +
                                   version + ", this chatd reads version 5");
  }
}

TEST_CASE("a RocksDB of somebody else is refused and left as it is", "[storage]") {
  const scratch_directory dir;
  raw_database(dir.path).put("main", "1");  // a key that begins like a message's
  CHECK(refusal(dir.path).find("holds a store that is not chatd's") != std::string::npos);
  std::string value;
  CHECK(raw_database(dir.path).db->Get({}, "schema", &value).IsNotFound());
}

TEST_CASE("a store left empty by a kill at its creation is taken", "[storage]") {
  const scratch_directory dir;
  { const raw_database created(dir.path); }
  commit_all(*open_store(dir.path), "lobby", {1});
  CHECK(all_of(*open_store(dir.path)) == "1");
}

TEST_CASE("a directory in use is refused in one line", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  const auto expected = "data directory \"" + dir.path.string() + "\" is in use by another chatd";
  CHECK(refusal(dir.path) == expected);
  // From another process RocksDB words it differently.
  const pid_t child = fork();
  if (child == 0) {
    const std::string path = dir.path.string();
    setenv("CHATD_STORE_REFUSED", path.c_str(), 1);
    execl("/proc/self/exe", "chat_tests", "store child: is refused", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  commit_all(*s, "lobby", {1});  // the holder goes on
}

TEST_CASE("store child: is refused", "[storage][child]") {
  const char* directory = std::getenv("CHATD_STORE_REFUSED");
  if (directory == nullptr) return;  // only as the child of the case above
  CHECK(refusal(directory).ends_with("is in use by another chatd"));
}

TEST_CASE("a path that cannot be a data directory is refused in one line", "[storage]") {
  const scratch_directory dir;
  const auto file = dir.path / "file";
  std::ofstream(file) << "x";
  CHECK(refusal(file).ends_with("is not a directory"));
  CHECK(refusal(file / "below").find("Not a directory") != std::string::npos);
  CHECK(refusal("/proc/chatd").find("cannot write to data directory") == 0);
  const auto nameless = store::open("", durability::process);
  CHECK_FALSE(nameless);
  if (geteuid() != 0) {
    const auto locked = dir.path / "locked";
    fs::create_directory(locked);
    fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
    CHECK(refusal(locked).find("cannot write to data directory") == 0);
    fs::permissions(locked, fs::perms::owner_all);
  }
}

TEST_CASE("a store without its root file is refused, not begun anew", "[storage]") {
  const scratch_directory dir;
  commit_all(*open_store(dir.path), "lobby", {1});
  fs::rename(dir.path / "CURRENT", dir.path / "kept");
  CHECK(refusal(dir.path).find("is damaged: the file CURRENT is missing") != std::string::npos);
  fs::rename(dir.path / "kept", dir.path / "CURRENT");
  CHECK(all_of(*open_store(dir.path)) == "1");
}

TEST_CASE("a log cut short loses its last record only", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path / "data");
  for (sequence seq = 1; seq <= 20; ++seq) commit_all(*s, "lobby", {seq});
  const auto killed = killed_copy(dir.path / "data");
  const auto log = write_ahead_log(killed);
  fs::resize_file(log, fs::file_size(log) - 3);
  CHECK(all_of(*open_store(killed)) == one_to(19));
}

TEST_CASE("a log damaged in the middle is refused, not shortened", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path / "data");
  for (sequence seq = 1; seq <= 20; ++seq) commit_all(*s, "lobby", {seq});
  const auto killed = killed_copy(dir.path / "data");
  const auto log = write_ahead_log(killed);
  const auto middle = fs::file_size(log) / 2;
  flip_byte(log, middle);
  CHECK(refusal(killed).find("is damaged") != std::string::npos);
  CHECK(refusal(killed).find("is damaged") != std::string::npos);  // every time
  flip_byte(log, middle);
  CHECK(all_of(*open_store(killed)) == one_to(20));
}

TEST_CASE("a damaged table is a failure, not a shorter history", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);  // some blocks, the schema's being the last
    for (sequence seq = 1; seq <= 100; ++seq) REQUIRE(commit_one(*s, seq, std::string(1000, 'x')));
  }
  for (const auto& file : fs::directory_iterator(dir.path))
    if (file.path().extension() == ".sst" && fs::file_size(file) > 2000) flip_byte(file.path(), 50);
  const auto s = open_store(dir.path);
  CHECK(all_of(*s).find("is damaged") != std::string::npos);
  CHECK(render(s->load_after("lobby", 98, 9)) == "99 100");
}

TEST_CASE("a full disk does not keep the store from closing", "[storage]") {
  const scratch_directory dir;
  {
    auto s = open_store(dir.path);
    for (sequence seq = 1; seq <= 20; ++seq) commit_all(*s, "lobby", {seq});
    const file_size_limit low(100);
    s.reset();
  }
  CHECK(all_of(*open_store(dir.path)) == one_to(20));
}

TEST_CASE("no log of RocksDB's own grows in the data directory", "[storage]") {
  const scratch_directory dir;
  for (sequence seq = 1; seq <= 5; ++seq) commit_all(*open_store(dir.path), "lobby", {seq});
  CHECK_FALSE(fs::exists(dir.path / "LOG"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : fs::directory_iterator(dir.path)) ++files;
  CHECK(files < 15);
}
