#include "app/own_node.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "app/mcp_bridge.hpp"
#include "model/bridge_limits.hpp"

extern char** environ;

namespace chat {

namespace {

constexpr const char* usual_url = "http://127.0.0.1:3100";

failure cannot(const std::string& what, const std::filesystem::path& file, int error) {
  return make_failure(errc::storage_unavailable,
                      "cannot " + what + " " + file.string() + ": " + std::strerror(error),
                      "Name another directory with --data, or a running node with --url");
}

// Calls `done` every now and then until it answers true; false when it took too long.
template <class Done>
bool comes_true(Done done) {
  const auto end = std::chrono::steady_clock::now() + limits::own_node_timeout;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(limits::own_node_interval);
  }
  return true;
}

// A file of the directory, locked as long as it is open.
result<unique_fd> lock_file(const std::filesystem::path& file, int how) {
  unique_fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return tl::unexpected(cannot("open", file, errno));
  if (!comes_true([&] { return ::flock(fd.get(), how | LOCK_NB) == 0; }))
    return tl::unexpected(cannot("lock", file, EWOULDBLOCK));
  return fd;
}

std::filesystem::path address_file(const std::filesystem::path& data) {
  return data / "chatd.mcp.address";
}
std::filesystem::path log_file(const std::filesystem::path& data) { return data / "chatd.mcp.log"; }

// Where the node of that directory runs, if it does.
std::optional<node_address> running_node(const std::filesystem::path& data) {
  std::ifstream in(address_file(data));
  std::string url;
  if (!std::getline(in, url)) return std::nullopt;
  const auto to = parse_node_url(url);
  if (!to || !is_node(*to)) return std::nullopt;
  return *to;
}

// A node at the usual address, unless it is another user's own: what is said here is for this one.
std::optional<node_address> usual_node() {
  const auto to = parse_node_url(usual_url);
  std::ifstream sockets("/proc/net/tcp");
  std::string line;
  while (std::getline(sockets, line)) {
    constexpr const char* wanted = "0100007F:0C1C 00000000:0000 0A";  // 127.0.0.1:3100, listening
    if (line.find(wanted) == std::string::npos) continue;
    std::array<char, 64> word{};
    unsigned user = 0;
    if (std::sscanf(line.c_str(), "%63s %63s %63s %63s %63s %63s %63s %u", word.data(), word.data(),
                    word.data(), word.data(), word.data(), word.data(), word.data(), &user) != 8)
      continue;
    constexpr unsigned first_person = 1000;  // below: services of the machine
    if (user >= first_person && user != ::getuid()) return std::nullopt;
  }
  if (!is_node(*to)) return std::nullopt;
  return *to;
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return last;
}

// Starts this program again as the node, in a session of its own: no terminal and no window ends
// it.
result<pid_t> spawn_node(const own_node_settings& settings) {
  std::vector<std::string> words{"chatd", "mcp", "--own-node", "--data=" + settings.data.string(),
                                 "--linger=" + std::to_string(settings.linger.count())};
  if (!settings.listen.empty()) words.push_back("--listen=" + settings.listen);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto log = log_file(settings.data);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&how);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, "/proc/self/exe", &files, &how, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  if (error != 0) return tl::unexpected(cannot("start a node that logs to", log, error));
  return child;
}

}  // namespace

result<std::filesystem::path> user_data_directory() {
  const auto absolute = [](const char* path) { return path != nullptr && path[0] == '/'; };
  if (const char* data = std::getenv("XDG_DATA_HOME"); absolute(data))
    return std::filesystem::path(data) / "chatd";
  const char* home = std::getenv("HOME");
  if (!absolute(home))
    if (const auto* user = ::getpwuid(::getuid())) home = user->pw_dir;
  if (!absolute(home))
    return tl::unexpected(make_failure(errc::validation_error, "there is no home directory",
                                       "Name a data directory with --data"));
  return std::filesystem::path(home) / ".local/share/chatd";
}

result<own_node_user> own_node_user::make(own_node_settings settings) {
  std::error_code ec;
  settings.data = std::filesystem::absolute(settings.data, ec);
  const bool is_new = std::filesystem::create_directories(settings.data, ec);
  if (ec) return tl::unexpected(cannot("make", settings.data, ec.value()));
  if (is_new) ::chmod(settings.data.c_str(), 0700);  // else the node says what is wrong
  own_node_user made(std::move(settings));
  if (auto taken = made.take_place(); !taken) return tl::unexpected(taken.error());
  return made;
}

result<void> own_node_user::take_place() {
  auto place = lock_file(settings_.data / "chatd.mcp.users", LOCK_SH);
  if (!place) return tl::unexpected(place.error());
  place_ = std::move(*place);
  return {};
}

result<node_address> own_node_user::find() {
  const auto lock = lock_file(settings_.data / "chatd.mcp.lock", LOCK_EX);
  if (!lock) return tl::unexpected(lock.error());
  if (auto found = running_node(settings_.data)) return *found;
  if (settings_.listen.empty())
    if (auto found = usual_node()) return *found;
  return start();
}

result<node_address> own_node_user::start() {
  std::error_code ignored;
  std::filesystem::remove(address_file(settings_.data), ignored);
  const auto child = spawn_node(settings_);
  if (!child) return tl::unexpected(child.error());
  std::optional<node_address> found;
  bool has_ended = false;
  comes_true([&] {
    has_ended = ::waitpid(*child, nullptr, WNOHANG) != 0;
    if (!has_ended) found = running_node(settings_.data);
    return has_ended || found;
  });
  if (found) return *found;
  const auto why = last_line(log_file(settings_.data));
  return tl::unexpected(make_failure(errc::storage_unavailable,
                                     "the node did not start: " + (why.empty() ? "?" : why),
                                     "See " + log_file(settings_.data).string()));
}

}  // namespace chat
