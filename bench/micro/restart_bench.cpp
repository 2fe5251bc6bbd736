// How soon is a node back? Question: from the start of chatd to the first answered connection, on a
// store of S sessions and M messages in 1,000 rooms, after kill -9.
// Run: build/release/bin/restart_bench   (ten million messages take a minute to make, and 1.5 GB)

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/process.hpp"
#include "bench/load/run_failure.hpp"
#include "model/ids.hpp"
#include "net/unique_fd.hpp"
#include "storage/store.hpp"

namespace {

using namespace chat;
namespace fs = std::filesystem;

constexpr std::uint64_t rooms = 1'000;
constexpr std::uint64_t messages_a_commit = 500;
constexpr std::uint64_t messages_in_log = 20'000;  // not yet in a table when it is killed: 3 MB

std::string room_id_of(std::uint64_t number) { return "room-" + std::to_string(number); }

bool commits(store& db) { return db.commit().has_value(); }

bool store_rooms(store& db) {
  for (std::uint64_t i = 0; i < rooms; ++i) db.stage_room({room_id_of(i), "Room", "", 100, 0});
  return commits(db);
}

// As a kill -9 leaves them: in all states, most of them long over.
bool store_sessions(store& db, std::uint64_t count) {
  for (std::uint64_t i = 1; i <= count; ++i) {
    session_record s;
    s.number = i;
    s.session_id = new_session_id();
    s.room_id = room_id_of(i % rooms);
    s.user_id = "user-" + std::to_string(i % 5'000);
    s.nickname = "Ada";
    s.state = i % 10 == 0 ? session_state::connected : session_state::closed;
    s.created_ms = s.connected_ms = s.last_activity_ms = wall_clock_ms();
    if (s.state == session_state::closed) s.ended_ms = s.created_ms;
    db.stage_session(s);
    if (i % 1'000 == 0 && !commits(db)) return false;
  }
  return commits(db);
}

bool store_messages(store& db, std::uint64_t count, std::vector<sequence>& last) {
  std::vector<message> batch(messages_a_commit);
  std::vector<message_ptr> pointers;
  for (auto& m : batch) {
    m.timestamp_ms = wall_clock_ms();
    m.sender = "Ada";
    m.author = "sess-0123456789abcdef01234567";
    m.text = "sixty-four bytes of what people say to each other in their rooms";
    pointers.push_back(message_ptr(message_ptr(), &m));  // lives as long as the batch
  }
  for (std::uint64_t made = 0, room = 0; made < count; made += batch.size()) {
    for (auto& m : batch) m.seq = ++last[room];
    if (!db.stage_messages(room_id_of(room), pointers) || !commits(db)) return false;
    room = (room + 1) % rooms;
  }
  return true;
}

/// What is in the store, as a process writes it that is then killed with kill -9.
template <class Fill>
bool fill_and_die(const std::string& folder, Fill fill) {
  const auto pid = fork();
  if (pid == 0) {
    auto db = store::open(folder, durability::process);
    if (!db || !fill(**db)) _exit(1);
    raise(SIGKILL);
  }
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

// Answered, not only accepted.
bool is_answered(std::uint16_t port) {
  const unique_fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  constexpr std::string_view request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  char answer[64];
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0 &&
         send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
         recv(fd.get(), answer, sizeof(answer), 0) > 0;
}

void restart(benchmark::State& state) {
  std::string folder = (fs::temp_directory_path() / "restart-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  std::vector<sequence> last(rooms);
  const auto messages = static_cast<std::uint64_t>(state.range(1));
  if (!fill_and_die(folder, [&](store& db) {
        return store_rooms(db) && store_sessions(db, static_cast<std::uint64_t>(state.range(0))) &&
               store_messages(db, messages, last);
      }))
    return state.SkipWithError("the store could not be filled");
  for (auto& seq : last) seq = messages;  // above all that it has
  const std::vector<std::string> command{fs::read_symlink("/proc/self/exe").parent_path() / "chatd",
                                         "--listen",
                                         "127.0.0.1:0",
                                         "--data",
                                         folder,
                                         "--log-level",
                                         "error"};
  try {
    for (auto _ : state) {
      for (auto& seq : last) seq += messages_in_log;  // what the other process gave out
      if (!fill_and_die(folder,
                        [&](store& db) { return store_messages(db, messages_in_log, last); }))
        return state.SkipWithError("the store could not be written");
      const auto began = std::chrono::steady_clock::now();
      const bench::child node(command, {});
      if (!is_answered(node.port())) state.SkipWithError("no answer");
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      state.SetIterationTime(took.count());
      kill(node.pid(), SIGKILL);
    }
  } catch (const bench::run_failure& e) {
    state.SkipWithError(e.what());
  }
  fs::remove_all(folder);
}

BENCHMARK(restart)
    ->ArgNames({"sessions", "messages"})
    ->Args({1'000, 100'000})
    ->Args({100'000, 10'000'000})
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
