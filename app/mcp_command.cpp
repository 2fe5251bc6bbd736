#include "app/mcp_command.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/log.hpp"
#include "app/mcp_bridge.hpp"
#include "app/node.hpp"

namespace chat {

namespace {

constexpr int exit_not_run = 2;
constexpr const char* usual_url = "http://127.0.0.1:3100";

struct wanted {
  std::string url;
  std::string key;
  std::string ca_file;
  std::string listen = "127.0.0.1:3100";
  std::string data = config().data;
};

int refuse_bridge(const failure& why) {
  std::fprintf(stderr, "chatd mcp: %s. %s\n", why.message.c_str(), why.suggestion.c_str());
  return exit_not_run;
}

// A node of one's own, which ends with its client. What it would print is not for stdout.
result<std::unique_ptr<node>> start_node(const wanted& w) {
  const std::vector<std::string> flags{"chatd", "--listen=" + w.listen, "--data=" + w.data,
                                       "--auth=none"};
  std::vector<const char*> argv;
  for (const auto& flag : flags) argv.push_back(flag.c_str());
  const auto asked = read_config(static_cast<int>(argv.size()), argv.data());
  if (asked.what != invocation::kind::run)
    return tl::unexpected(make_failure(errc::validation_error, asked.output, "See chatd --help"));
  return node::start(asked.settings);
}

int bridge_to(const wanted& w) {
  auto to = parse_node_url(w.url.empty() ? usual_url : w.url);
  if (!to) return refuse_bridge(to.error());
  to->key = w.key;
  to->ca_file = w.ca_file;
  std::unique_ptr<node> own;
  if (w.url.empty() && !is_node(*to)) {
    auto started = start_node(w);
    if (!started) return refuse_bridge(started.error());
    own = std::move(*started);
    to = parse_node_url(own->urls().front());
    if (!to) return refuse_bridge(to.error());
  }
  run_mcp_bridge(*to);
  if (own) own->stop();
  return 0;
}

}  // namespace

int run_mcp_command(int argc, const char* const* argv) {
  wanted w;
  CLI::App app("MCP on stdin and stdout, a JSON message a line", "chatd mcp");
  app.add_option(
      "--url", w.url,
      "the node, http(s)://host[:port]; default: the one at 127.0.0.1:3100, or one that is "
      "started for as long as stdin is open");
  app.add_option("--key", w.key, "API key or token for the node; others of this machine may see it")
      ->envname("CHATD_KEY");
  app.add_option("--cacert", w.ca_file, "PEM file of whom to trust, for https")
      ->check(CLI::ExistingFile);
  app.add_option("--listen", w.listen, "where a node that is started listens")
      ->envname("CHATD_LISTEN")
      ->capture_default_str();
  app.add_option("--data", w.data, "and its data directory")
      ->envname("CHATD_DATA")
      ->capture_default_str();
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
  start_log("warning", "text");
  return bridge_to(w);
}

}  // namespace chat
