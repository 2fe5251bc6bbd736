#include "app/backup.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include "model/limits.hpp"
#include "net/unique_fd.hpp"

namespace chat {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr int exit_not_backed_up = 2;

// What is in the data directory while one is made.
struct marks {
  explicit marks(const fs::path& data)
      : wanted(data / "chatd.backup-wanted"),
        files(data / "chatd.backup-files"),
        done(data / "chatd.backup-done") {}
  fs::path wanted;  // by whoever asks
  fs::path files;   // the checkpoint
  fs::path done;    // by the node: why there is none, or nothing

  void remove() const {
    std::error_code was_not_there;
    fs::remove(wanted, was_not_there);
    fs::remove(done, was_not_there);
    fs::remove_all(files, was_not_there);
  }
};

int refuse_backup(const std::string& why) {
  std::fprintf(stderr, "chatd backup: %s\n", why.c_str());
  return exit_not_backed_up;
}

std::string one_line(const failure& why) { return why.message + ". " + why.suggestion; }

// As RocksDB locks it.
bool is_open_elsewhere(const fs::path& data) {
  const unique_fd lock(::open((data / "LOCK").c_str(), O_RDWR | O_CLOEXEC));
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return lock && fcntl(lock.get(), F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

bool is_present(const fs::path& file) {
  std::error_code ec;
  return fs::exists(file, ec);
}

// Asks the node that runs, and waits. Why there is no checkpoint, or nothing.
std::string ask_node(const fs::path& data, const marks& m) {
  if (!std::ofstream(m.wanted))
    return "cannot write into \"" + data.string() + "\": be the user that the node runs as";
  const auto begun = std::chrono::steady_clock::now();
  while (!is_present(m.done)) {
    if (std::chrono::steady_clock::now() - begun > limits::backup_timeout)
      return "the node does not answer: is it of an older version, or stopping?";
    std::this_thread::sleep_for(20ms);
  }
  std::ifstream in(m.done);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string make_files(const fs::path& data, const marks& m) {
  if (is_open_elsewhere(data)) return ask_node(data, m);
  const auto db = store::open(data, durability::process);
  if (!db) return one_line(db.error());
  const auto made = (*db)->checkpoint(m.files);
  return made ? "" : one_line(made.error());
}

// The checkpoint and what is beside the store, to where it is wanted. On another file system it is
// copied, which takes as long as it takes.
void move_to(const fs::path& to, const fs::path& data, const marks& m) {
  std::error_code across;
  if (to.has_parent_path()) fs::create_directories(to.parent_path());
  fs::rename(m.files, to, across);
  if (across) {
    std::fprintf(stderr, "chatd backup: copying to another file system\n");
    fs::copy(m.files, to, fs::copy_options::recursive);
  }
  fs::permissions(to, fs::perms::owner_all);
  for (const auto* name : {"token-secret", "api-keys.json"})
    if (is_present(data / name)) fs::copy_file(data / name, to / name);
}

int back_up(const fs::path& data, const fs::path& to) {
  if (!is_present(data / "CURRENT"))
    return refuse_backup("there is no store in \"" + data.string() +
                         "\": name the node's data directory with --data");
  if (is_present(to))
    return refuse_backup('"' + to.string() +
                         "\" is there already, and stays as it is: name a new one");
  const marks m(data);
  if (is_present(m.wanted))
    return refuse_backup("another backup of this store is under way; if none is, remove \"" +
                         m.wanted.string() + '"');
  m.remove();  // of one that was killed
  const auto why_not = make_files(data, m);
  try {
    if (why_not.empty()) move_to(to, data, m);
  } catch (const fs::filesystem_error& e) {
    m.remove();
    return refuse_backup("cannot write \"" + to.string() + "\": " + e.code().message());
  }
  m.remove();
  if (!why_not.empty()) return refuse_backup(why_not);
  std::printf("%s\n", to.c_str());
  return 0;
}

}  // namespace

void serve_backup(const store& db, const fs::path& data) {
  const marks m(data);
  if (!is_present(m.wanted) || is_present(m.done)) return;
  const auto made = db.checkpoint(m.files);
  if (made)
    spdlog::info("a backup was made");
  else
    spdlog::error("no backup was made: {}", one_line(made.error()));
  auto half = m.done;
  half += ".half";  // it is seen whole or not at all
  std::ofstream(half) << (made ? "" : one_line(made.error()));
  std::error_code ec;
  fs::rename(half, m.done, ec);
}

int run_backup_command(int argc, const char* const* argv) {
  std::string data = "./chatd-data";
  std::string to;
  CLI::App app("A copy of a node's store, complete to the moment, also while the node runs",
               "chatd backup");
  app.add_option("--data", data, "the node's data directory")
      ->envname("CHATD_DATA")
      ->capture_default_str();
  app.add_option("--to", to, "directory to be made: itself a data directory")->required();
  app.footer(
      "Messages, sessions, API keys and the secret of tokens: keep it as safe as the store.\n"
      "On the same file system files are shared, not copied. To restore: stop the node, put a\n"
      "copy of it in the place of the data directory, start the node.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help
    return app.exit(e);
  } catch (const CLI::Error& e) {
    return refuse_backup(std::string(e.what()) + " (see chatd backup --help)");
  }
  return back_up(data, to);
}

}  // namespace chat
