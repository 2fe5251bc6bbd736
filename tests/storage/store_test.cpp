// The store on real RocksDB: formats, ranges, schema, kill -9, full disks.

#include "storage/store.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "storage/codec.hpp"

namespace fs = std::filesystem;
using chat::durability;
using chat::message;
using chat::room_definition;
using chat::sequence;
using chat::store;

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

namespace {

struct scratch_directory {
  fs::path path;
  scratch_directory() {
    std::string name = (fs::temp_directory_path() / "chatd-store-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch_directory() { fs::remove_all(path); }
  scratch_directory(const scratch_directory&) = delete;
};

/// Stands for a disk that fails: files of this process cannot grow past `bytes`.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit low = before_;
    low.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &low);
  }
  ~file_size_limit() { lift(); }
  file_size_limit(const file_size_limit&) = delete;
  void lift() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::unique_ptr<store> open_store(const fs::path& directory,
                                  durability mode = durability::process) {
  auto opened = store::open(directory, mode);
  if (!opened) FAIL(opened.error().message);
  return std::move(*opened);
}

/// The one line an operator gets.
std::string refusal(const fs::path& directory) {
  const auto opened = store::open(directory, durability::process);
  REQUIRE_FALSE(opened);
  const auto& f = opened.error();
  CHECK(f.code == chat::errc::storage_unavailable);
  CHECK_FALSE(f.suggestion.empty());
  CHECK(f.message.find('\n') == std::string::npos);
  CHECK(f.message.find(directory.string()) != std::string::npos);
  return f.message;
}

message text_message(sequence seq, std::string text = "hello") {
  return {seq, 1'700'000'000'000 + static_cast<std::int64_t>(seq), "Ann", "sess-1", "c", text};
}

bool commit_one(store& s, sequence seq, std::string text = "hello") {
  s.stage_message("lobby", text_message(seq, std::move(text)));
  return s.commit().has_value();
}

void commit_all(store& s, std::string_view room, std::initializer_list<sequence> seqs) {
  for (auto seq : seqs) s.stage_message(room, text_message(seq));
  const auto done = s.commit();
  if (!done) FAIL(done.error().message);
}

/// A page as one readable literal: "1 2 3" or "1 2 3 ...".
std::string render(const chat::result<chat::history_page>& page) {
  if (!page) return "failure: " + page.error().message;
  std::string out;
  for (const auto& m : page->messages) out += (out.empty() ? "" : " ") + std::to_string(m->seq);
  return page->has_more ? out + " ..." : out;
}

std::string all_of(const store& s, std::string_view room = "lobby") {
  return render(s.load_after(room, 0, ~std::size_t{0}));
}

std::string one_to(sequence last) {
  std::string out;
  for (sequence seq = 1; seq <= last; ++seq) out += (seq == 1 ? "" : " ") + std::to_string(seq);
  return out;
}

/// Plain RocksDB on a closed store's files, to make what the store itself would not.
struct raw_database {
  std::unique_ptr<rocksdb::DB> db;
  explicit raw_database(const fs::path& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, directory.string(), &opened);
    INFO(status.ToString());
    REQUIRE(status.ok());
    db.reset(opened);
  }
  void put(std::string_view key, std::string_view value) { REQUIRE(db->Put({}, key, value).ok()); }
};

/// The files as kill -9 would leave them now, in a directory beside.
fs::path killed_copy(const fs::path& directory) {
  fs::path copy = directory;
  copy += "-killed";
  fs::copy(directory, copy);
  return copy;
}

fs::path write_ahead_log(const fs::path& directory) {
  fs::path newest;
  for (const auto& file : fs::directory_iterator(directory))
    if (file.path().extension() == ".log" && file.path() > newest) newest = file.path();
  REQUIRE_FALSE(newest.empty());
  return newest;
}

void flip_byte(const fs::path& file, std::uintmax_t offset) {
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(f.get() ^ 0x40);
  f.seekp(static_cast<std::streamoff>(offset));
  f.put(byte);
  REQUIRE(f.good());
}

}  // namespace

// --- formats ------------------------------------------------------------------------------------

TEST_CASE("every field of a message comes back", "[storage]") {
  const scratch_directory dir;
  const std::string nul("a\0b", 3);
  const std::vector<message> sent{
      {1, 0, "", "", "", ""},
      {2, -1, "Zoë", "user:local", "id-1", "日本語 🎉"},
      {3, std::numeric_limits<std::int64_t>::max(), nul, nul, nul, nul},
      {4, 1, std::string(127, 'x'), std::string(128, 'y'), std::string(300, 'z'),
       std::string(70'000, 't')},
  };
  {
    const auto s = open_store(dir.path);
    for (const auto& m : sent) s->stage_message("lobby", m);
    REQUIRE(s->commit());
  }
  const auto s = open_store(dir.path);
  const auto page = s->load_after("lobby", 0, 10);
  REQUIRE(page);
  REQUIRE(page->messages.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& got = *page->messages[i];
    CHECK(got.seq == sent[i].seq);
    CHECK(got.timestamp_ms == sent[i].timestamp_ms);
    CHECK(got.sender == sent[i].sender);
    CHECK(got.author == sent[i].author);
    CHECK(got.client_id == sent[i].client_id);
    CHECK(got.text == sent[i].text);
  }
}

TEST_CASE("every field of a room comes back, and a later definition replaces it", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    s->stage_room({"b", "Old", "", 7, 1});
    s->stage_room({"a", "", "", 0, 0});
    s->stage_room({"a.b", "Ünï", std::string("x\0y", 3), 1'000'000, -5});
    REQUIRE(s->commit());
    s->stage_room({"b", "New", "described", 8, 2});
    REQUIRE(s->commit());
  }
  const auto rooms = open_store(dir.path)->rooms();
  REQUIRE(rooms);
  REQUIRE(rooms->size() == 3);
  CHECK((*rooms)[0].id == "a");
  CHECK((*rooms)[0].participants_max == 0);
  CHECK((*rooms)[1].id == "a.b");
  CHECK((*rooms)[1].name == "Ünï");
  CHECK((*rooms)[1].description == std::string("x\0y", 3));
  CHECK((*rooms)[1].participants_max == 1'000'000);
  CHECK((*rooms)[1].created_ms == -5);
  CHECK((*rooms)[2].name == "New");
  CHECK((*rooms)[2].description == "described");
  CHECK((*rooms)[2].participants_max == 8);
  CHECK((*rooms)[2].created_ms == 2);
}

TEST_CASE("a new store has no rooms and no messages", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path / "is" / "created");
  CHECK(s->rooms().value().empty());
  CHECK(all_of(*s).empty());
  CHECK(s->load_tail("lobby", 10, 10'000).value().messages.empty());
  CHECK(s->first_sequence("lobby").value() == 0);
}

TEST_CASE("decoding refuses every cut, every addition and survives every changed byte",
          "[storage]") {
  std::string value;
  chat::codec::encode(value, text_message(1, std::string(200, 'x')));
  message m;
  REQUIRE(chat::codec::decode(value, m));
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(chat::codec::decode(std::string_view(value).substr(0, size), m));
  CHECK_FALSE(chat::codec::decode(value + "x", m));
  // Read past the end would show under ASan: the copy is exactly as large as its bytes.
  for (std::size_t i = 0; i < value.size(); ++i)
    for (int byte = 0; byte < 256; ++byte) {
      std::vector<char> changed(value.begin(), value.end());
      changed[i] = static_cast<char>(byte);
      (void)chat::codec::decode(std::string_view(changed.data(), changed.size()), m);
    }
  CHECK_FALSE(chat::codec::decode("\x02", m));  // a format of the future
  room_definition room;
  chat::codec::encode(value, room_definition{"a", "name", "text", 5, 6});
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(chat::codec::decode(std::string_view(value).substr(0, size), room));
}

TEST_CASE("an unreadable value is a failure that names message and room", "[storage]") {
  const scratch_directory dir;
  commit_all(*open_store(dir.path), "lobby", {1, 2, 3});
  std::string key;
  chat::codec::encode_message_key(key, "lobby", 2);
  raw_database(dir.path).put(key, "\x01garbage");
  raw_database(dir.path).put("rlobby", "\x01");
  const auto s = open_store(dir.path);
  CHECK(all_of(*s).find("message 2 of room lobby is unreadable") != std::string::npos);
  CHECK(render(s->load_after("lobby", 2, 9)) == "3");
  CHECK_FALSE(s->load_tail("lobby", 5, 10'000));
  CHECK_FALSE(s->rooms());
}

// --- order and ranges ---------------------------------------------------------------------------

TEST_CASE("messages come in numeric order across byte boundaries", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {4294967296, 256, 65536, 255, 1, 4294967295, 65535, 257});
  CHECK(all_of(*s) == "1 255 256 257 65535 65536 4294967295 4294967296");
  CHECK(render(s->load_after("lobby", 255, 2)) == "256 257 ...");
}

TEST_CASE("rooms with similar names do not see each other", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "a", {1, 2});
  commit_all(*s, "a-", {3});
  commit_all(*s, "a.b", {4});
  commit_all(*s, "aa", {5});
  commit_all(*s, "A", {6});
  for (const auto& [room, expected] :
       {std::pair{"a", "1 2"}, {"a-", "3"}, {"a.b", "4"}, {"aa", "5"}, {"A", "6"}, {"a.", ""}}) {
    CHECK(all_of(*s, room) == expected);
    CHECK(render(s->load_tail(room, 9, 99'999)) == expected);
  }
  CHECK(s->first_sequence("a-").value() == 3);
  CHECK(s->first_sequence("a.").value() == 0);
}

TEST_CASE("load_after answers the page above a sequence and whether more follow", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {2, 3, 5, 9});
  CHECK(render(s->load_after("lobby", 0, 9)) == "2 3 5 9");
  CHECK(render(s->load_after("lobby", 0, 4)) == "2 3 5 9");
  CHECK(render(s->load_after("lobby", 0, 3)) == "2 3 5 ...");
  CHECK(render(s->load_after("lobby", 3, 1)) == "5 ...");
  CHECK(render(s->load_after("lobby", 4, 9)) == "5 9");
  CHECK(render(s->load_after("lobby", 8, 1)) == "9");
  CHECK(render(s->load_after("lobby", 9, 9)).empty());
  CHECK(render(s->load_after("lobby", 1000, 9)).empty());
  CHECK(render(s->load_after("lobby", ~sequence{0}, 9)).empty());
  CHECK(render(s->load_after("lobby", 0, 0)) == " ...");
  CHECK(render(s->load_after("lobby", 9, 0)).empty());
  CHECK(s->first_sequence("lobby").value() == 2);
}

TEST_CASE("load_tail answers the newest that fit both limits", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {2, 3, 5, 9});
  const std::size_t each = text_message(1).bytes();
  CHECK(render(s->load_tail("lobby", 9, 99'999)) == "2 3 5 9");
  CHECK(render(s->load_tail("lobby", 4, 4 * each)) == "2 3 5 9");
  CHECK(render(s->load_tail("lobby", 2, 99'999)) == "5 9 ...");
  CHECK(render(s->load_tail("lobby", 9, 3 * each)) == "3 5 9 ...");
  CHECK(render(s->load_tail("lobby", 9, 3 * each - 1)) == "5 9 ...");
  CHECK(render(s->load_tail("lobby", 0, 99'999)) == " ...");
  CHECK(render(s->load_tail("lobby", 9, 1)) == " ...");
}

// --- batches ------------------------------------------------------------------------------------

TEST_CASE("a batch is invisible until committed, and then visible whole", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  CHECK(s->staged_bytes() == 0);
  for (sequence seq = 1; seq <= 50; ++seq)
    s->stage_message(seq % 2 != 0 ? "odd" : "even", text_message(seq));
  s->stage_room({"odd", "", "", 1, 1});
  CHECK(s->staged_bytes() > 50 * 20);
  CHECK(all_of(*s, "odd").empty());
  REQUIRE(s->commit());
  CHECK(s->staged_bytes() == 0);
  CHECK(s->load_after("odd", 0, 99).value().messages.size() == 25);
  CHECK(s->load_after("even", 0, 99).value().messages.size() == 25);
  CHECK(s->rooms().value().size() == 1);
}

TEST_CASE("a dropped batch is never written", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    s->stage_message("lobby", text_message(1));
    s->drop();
    CHECK(s->staged_bytes() == 0);
    REQUIRE(s->commit());  // nothing to do
    commit_all(*s, "lobby", {2});
    s->stage_message("lobby", text_message(3));  // lost with the process
  }
  CHECK(all_of(*open_store(dir.path)) == "2");
}

TEST_CASE("both durabilities keep what was committed", "[storage]") {
  for (const auto mode : {durability::process, durability::power}) {
    const scratch_directory dir;
    commit_all(*open_store(dir.path, mode), "lobby", {1, 2});
    commit_all(*open_store(dir.path, mode), "lobby", {3});
    CHECK(all_of(*open_store(dir.path)) == "1 2 3");
  }
}

TEST_CASE("readers on other threads see whole batches while one is written", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto tail = s->load_tail("lobby", 4, 99'999);
        if (!tail || (!tail->messages.empty() && tail->messages.back()->seq % 4 != 0)) ++torn;
      }
    });
  bool committed = true;
  for (sequence seq = 1; seq <= 800 && committed; seq += 4) {
    for (sequence i = 0; i < 4; ++i) s->stage_message("lobby", text_message(seq + i));
    committed = s->commit().has_value();
    if (seq % 100 == 1) committed = committed && s->recover().has_value();
  }
  stop = true;
  for (auto& t : readers) t.join();
  CHECK(committed);
  CHECK(torn == 0);
}

// --- opening ------------------------------------------------------------------------------------

TEST_CASE("a store of another schema version is refused, older and newer", "[storage]") {
  for (const char* version : {"0", "2", "x"}) {
    const scratch_directory dir;
    commit_all(*open_store(dir.path), "lobby", {1});
    raw_database(dir.path).put("schema", version);
    CHECK(refusal(dir.path) == "data directory \"" + dir.path.string() + "\" has schema version " +
                                   version + ", this chatd reads version 1");
  }
}

TEST_CASE("a RocksDB of somebody else is refused and left as it is", "[storage]") {
  const scratch_directory dir;
  raw_database(dir.path).put("theirs", "1");
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

// --- kill -9 ------------------------------------------------------------------------------------

// The child is this binary again: a fork of a process that ran RocksDB has none of its threads.
TEST_CASE("store child: commits until killed", "[storage][child]") {
  const char* directory = std::getenv("CHATD_STORE_CHILD");
  if (directory == nullptr) return;  // only as the child of the case below
  const int out = std::atoi(std::getenv("CHATD_STORE_PIPE"));
  const auto s = open_store(directory);
  sequence last = 0;
  const auto tail = s->load_tail("lobby", 1, 99'999);
  REQUIRE(tail);
  if (!tail->messages.empty()) last = tail->messages.back()->seq;
  for (;;) {
    const sequence batch = 1 + last % 7;
    for (sequence i = 1; i <= batch; ++i)
      s->stage_message("lobby", text_message(last + i, std::string(300, 'x')));
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
    close(ends[1]);
    // Killed after some acknowledgements and a little: in the middle of whatever comes then.
    sequence seen = 0;
    for (unsigned acks = 1 + random() % 300; acks > 0; --acks)
      REQUIRE(read(ends[0], &seen, sizeof(seen)) == sizeof(seen));
    usleep(random() % 2000);
    kill(child, SIGKILL);
    while (read(ends[0], &seen, sizeof(seen)) == sizeof(seen)) {
    }
    close(ends[0]);
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
      s->stage_message("lobby", text_message(++seq, std::string(text_bytes, 'x')));
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
  close(fd);
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
