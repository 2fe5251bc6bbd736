#include "cli/commands.hpp"
#include "cli/connection_file.hpp"
#include "cli/print.hpp"
#include "cli/remote.hpp"

namespace chat::cli {

namespace {

// Name and version, as MCP's initialize has them.
outcome<json> greet(const remote& node) {
  json params = json::object();
  params["protocolVersion"] = "2024-11-05";
  params["capabilities"] = json::object();
  params["clientInfo"] = json{{"name", "afd"}, {"version", CHATD_VERSION}};
  auto answer = node.ask_mcp("initialize", params);
  if (!answer) return answer;
  return at(*answer, "serverInfo");
}

// The stream opens, and begins as MCP's older transport wants it.
outcome<void> try_sse(const remote& node) {
  bool has_begun = false;
  const auto answer = node.send("GET", "/sse", {}, {{"Accept", "text/event-stream"}}, [&](auto) {
    has_begun = true;
    return false;
  });
  if (has_begun) return {};
  return tl::make_unexpected(node.unusable(answer));
}

int show_connection(const settings& s, const std::string& url, const json& server) {
  if (s.json) {
    json shown{{"connected", true}, {"url", url}};
    shown["server"] = server;
    print_json(shown);
    return exit_done;
  }
  print(out_colours().good("●") + " Connected to " + url + '\n');
  print("  " + terminal_text(text_at(server, "name") + ' ' + text_at(server, "version")) + '\n');
  return exit_done;
}

}  // namespace

int run_connect(settings s, const connect_request& r) {
  s.url = r.url;
  const auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  const auto server = greet(*node);
  if (!server) return refuse(s, server.error());
  if (r.transport == "sse")
    if (const auto opened = try_sse(*node); !opened) return refuse(s, opened.error());
  if (const auto stored = set_connected_url(r.url); !stored) return refuse(s, stored.error());
  const auto code = show_connection(s, node->url(), *server);
  if (!s.json) print("next: afd tools, afd call chat-rooms, afd chat general\n");
  return code;
}

int run_status(const settings& s) {
  const auto node = remote::find(s);
  if (!node) {
    if (!s.json) return refuse(s, node.error());
    print_json(json{{"connected", false}, {"url", nullptr}});
    return exit_failed;
  }
  const auto server = greet(*node);
  if (server) return show_connection(s, node->url(), *server);
  if (!s.json) return refuse(s, server.error());
  print_json(json{{"connected", false}, {"url", node->url()}, {"problem", server.error().message}});
  return exit_failed;
}

int run_disconnect(const settings& s) {
  const auto url = connected_url();
  if (const auto stored = set_connected_url({}); !url.empty() && !stored)
    return refuse(s, stored.error());
  if (s.json)
    print_json(json{{"connected", false}, {"url", url.empty() ? json() : json(url)}});
  else
    print(url.empty() ? "Not connected to a node\n" : "Disconnected from " + url + '\n');
  return exit_done;
}

}  // namespace chat::cli
