#include "app/mcp_command.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "app/log.hpp"
#include "app/mcp_bridge.hpp"
#include "app/own_node.hpp"
#include "model/bridge_limits.hpp"

namespace chat {

namespace {

constexpr int exit_not_run = 2;

struct wanted {
  std::string url;
  std::string key;
  std::string ca_file;
  std::string listen;
  std::string data;
  unsigned linger = static_cast<unsigned>(limits::own_node_linger.count());
  bool is_own_node = false;
};

int refuse_bridge(const failure& why) {
  std::fprintf(stderr, "chatd mcp: %s. %s\n", why.message.c_str(), why.suggestion.c_str());
  return exit_not_run;
}

result<own_node_settings> own_node_of(const wanted& w) {
  own_node_settings own{w.data, w.listen, std::chrono::seconds(w.linger)};
  if (!w.data.empty()) return own;
  auto data = user_data_directory();
  if (!data) return tl::unexpected(data.error());
  own.data = std::move(*data);
  return own;
}

int bridge_to_url(const wanted& w) {
  auto to = parse_node_url(w.url);
  if (!to) return refuse_bridge(to.error());
  to->key = w.key;
  to->ca_file = w.ca_file;
  run_mcp_bridge(*to, {});
  return 0;
}

int bridge_to_own(const wanted& w) {
  auto settings = own_node_of(w);
  if (!settings) return refuse_bridge(settings.error());
  auto user = own_node_user::make(std::move(*settings));
  if (!user) return refuse_bridge(user.error());
  const auto find = [&]() -> result<node_address> {
    auto found = user->find();
    if (found) found->key = w.key;
    return found;
  };
  const auto to = find();
  if (!to) return refuse_bridge(to.error());
  signal(SIGCHLD, SIG_IGN);  // a node that was started may end before its starter
  run_mcp_bridge(*to, [&]() -> std::optional<node_address> {
    auto found = find();
    if (found) return std::move(*found);
    spdlog::warn("{}. {}", found.error().message, found.error().suggestion);
    return std::nullopt;
  });
  return 0;
}

}  // namespace

int run_mcp_command(int argc, const char* const* argv) {
  wanted w;
  CLI::App app("MCP on stdin and stdout, a JSON message a line", "chatd mcp");
  app.add_option(
      "--url", w.url,
      "the node, http(s)://host[:port]; default: the one that was started for this user, the one "
      "at 127.0.0.1:3100, or one that is started now and stays for others");
  app.add_option("--key", w.key, "API key or token for the node; others of this machine may see it")
      ->envname("CHATD_KEY");
  app.add_option("--cacert", w.ca_file, "PEM file of whom to trust, for https")
      ->check(CLI::ExistingFile);
  app.add_option("--listen", w.listen,
                 "where a node that is started listens; default: 127.0.0.1:3100, or any free port")
      ->envname("CHATD_LISTEN");
  app.add_option("--data", w.data,
                 "and its data directory; default: $XDG_DATA_HOME/chatd or ~/.local/share/chatd")
      ->envname("CHATD_DATA");
  app.add_option("--linger", w.linger,
                 "and for how many seconds it stays when nobody uses it any more")
      ->check(CLI::Range(0U, 31'536'000U))
      ->capture_default_str();
  app.add_flag("--own-node", w.is_own_node)->group("");  // the process that is started
  app.footer("Messages go to a node's /mcp, in any revision of MCP. Logs go to standard error.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help
    return app.exit(e);
  } catch (const CLI::Error& e) {
    std::fprintf(stderr, "chatd mcp: %s (see chatd mcp --help)\n", e.what());
    return exit_not_run;
  }
  signal(SIGPIPE, SIG_IGN);
  if (w.is_own_node) return run_own_node({w.data, w.listen, std::chrono::seconds(w.linger)});
  start_log("warning", "text");
  return w.url.empty() ? bridge_to_own(w) : bridge_to_url(w);
}

}  // namespace chat
