#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "app/config.hpp"
#include "app/descriptors.hpp"
#include "app/log.hpp"
#include "app/node.hpp"
#include "app/own_node.hpp"

namespace chat {

namespace {

constexpr int exit_not_started = 2;

result<std::unique_ptr<node>> start_at(const std::string& listen, const std::string& data) {
  const std::vector<std::string> flags{"chatd", "--listen=" + listen, "--data=" + data,
                                       "--auth=none"};
  std::vector<const char*> argv;
  for (const auto& flag : flags) argv.push_back(flag.c_str());
  const auto asked = read_config(static_cast<int>(argv.size()), argv.data());
  if (asked.what != invocation::kind::run)
    return tl::unexpected(make_failure(errc::validation_error, asked.output, "See chatd --help"));
  return node::start(asked.settings);
}

result<std::unique_ptr<node>> start_node(const own_node_settings& settings) {
  const auto data = settings.data.string();
  if (!settings.listen.empty()) return start_at(settings.listen, data);
  auto started = start_at("127.0.0.1:3100", data);
  return started ? std::move(started) : start_at("127.0.0.1:0", data);
}

bool write_address(const std::filesystem::path& file, const std::string& url) {
  const auto whole = file.string() + ".new";
  std::ofstream(whole) << url << '\n';
  return std::rename(whole.c_str(), file.c_str()) == 0;
}

// Whether nobody uses the node. Then nobody can begin to, until the file is closed.
bool takes_all_places(int users) { return ::flock(users, LOCK_EX | LOCK_NB) == 0; }

}  // namespace

int run_own_node(const own_node_settings& settings) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  raise_descriptor_limit();
  start_log("warning", "text");
  if (::chdir("/") != 0)
    return exit_not_started;  // the starter's directory is not the node's to hold
  auto own = start_node(settings);
  const auto address = settings.data / "chatd.mcp.address";
  if (own && !write_address(address, (*own)->urls().front()))
    own = tl::unexpected(make_failure(errc::storage_unavailable, "cannot write " + address.string(),
                                      "See who may write there"));
  if (!own) {
    std::fprintf(stderr, "%s. %s\n", own.error().message.c_str(), own.error().suggestion.c_str());
    return exit_not_started;
  }
  const unique_fd users(
      ::open((settings.data / "chatd.mcp.users").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const timespec interval{std::chrono::seconds(limits::key_file_interval).count(), 0};
  auto used = std::chrono::steady_clock::now();
  while (sigtimedwait(&signals, nullptr, &interval) < 0) {
    (*own)->look_after();
    const bool is_unused = takes_all_places(users.get()) && (*own)->connection_count() == 0;
    const auto now = std::chrono::steady_clock::now();
    if (!is_unused) used = now;
    if (now - used >= settings.linger) break;  // and the lock is held until the end
    ::flock(users.get(), LOCK_UN);
  }
  std::error_code ignored;
  std::filesystem::remove(address, ignored);
  ::alarm(static_cast<unsigned>((*own)->stop_timeout().count()));
  (*own)->stop();
  return 0;
}

}  // namespace chat
