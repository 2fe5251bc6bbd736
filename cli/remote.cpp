#include "cli/remote.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "cli/connection_file.hpp"

namespace chat::cli {

namespace {

const client_headers json_headers{{"Content-Type", "application/json"},
                                  {"Accept", "application/json, text/event-stream"}};

std::string rpc_request(const std::string& method, const json& params) {
  json request{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}};
  if (!params.is_null()) request["params"] = params;
  return dump(request);
}

json call_params(const std::string& name, const json& input) {
  return json{{"name", name}, {"arguments", input}};
}

// Doors of a node that people give as its address: the public tool wants /sse or /message.
void strip_door(std::string& path) {
  for (const std::string_view door : {"/sse", "/message", "/mcp", "/rpc"})
    if (path.ends_with(door)) {
      path.resize(path.size() - door.size());
      return;
    }
}

outcome<client_headers> read_headers(const settings& s) {
  std::vector<std::string> lines;
  const char* environment = std::getenv("AFD_HEADERS");
  std::istringstream in(environment ? environment : "");
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  lines.insert(lines.end(), s.headers.begin(), s.headers.end());
  client_headers headers;
  for (const auto& line : lines) {
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const bool is_name = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_';
    });
    if (colon == std::string::npos || !is_name || line.find_first_of("\r\n") != std::string::npos)
      return no("INVALID_INPUT", "No header: " + line,
                "Give headers as in --header 'X-Tenant: one'");
    const auto begin = line.find_first_not_of(' ', colon + 1);
    headers.emplace_back(name, begin == std::string::npos ? "" : line.substr(begin));
  }
  return headers;
}

}  // namespace

outcome<remote> remote::find(const settings& s) {
  const auto url = s.url.empty() ? connected_url() : s.url;
  if (url.empty())
    return no("NOT_CONNECTED", "Not connected to a node",
              "Run: afd connect http://127.0.0.1:3100; or name it with --url or AFD_URL");
  auto to = parse_node_url(url);
  if (!to) return tl::make_unexpected(to_trouble(to.error()));
  remote r;
  r.to_ = std::move(*to);
  if (r.to_.path.find_first_of("?#") != std::string::npos)
    return no("INVALID_INPUT", url + ": a node's address has no query",
              "Leave out what is behind ?");
  strip_door(r.to_.path);
  r.to_.key = s.token;
  r.to_.ca_file = s.ca_file;
  r.timeout_ = s.timeout_or(limits::cli_call_timeout);
  auto headers = read_headers(s);
  if (!headers) return tl::make_unexpected(headers.error());
  r.headers_ = std::move(*headers);
  return r;
}

client_headers remote::with_own(client_headers headers) const {
  headers.insert(headers.end(), headers_.begin(), headers_.end());
  return headers;
}

node_client::answer remote::send(const std::string& method, const std::string& path,
                                 const std::string& body, const client_headers& headers,
                                 const std::function<bool(std::string_view)>& on_event) const {
  asio::io_context io{1};
  node_client client(io, to_);
  client.set_timeout(timeout_);
  node_client::answer got;
  const auto pass = [&](std::string_view event) {
    if (on_event && !client.is_cancelled() && !on_event(event)) client.cancel();
  };
  const auto exchange = [&]() -> asio::awaitable<void> {
    const auto all = with_own(headers);
    got = co_await client.send(method, all, body, pass, path);
  };
  asio::co_spawn(io, exchange, asio::detached);
  io.run();
  return got;
}

trouble remote::unusable(const node_client::answer& answer) const {
  if (answer.status == 0) {
    const bool is_certificate = answer.problem.find("certificate") != std::string::npos;
    return {"NODE_UNREACHABLE", url() + " does not answer: " + answer.problem,
            is_certificate ? "Name the file of who signed its certificate with --cacert"
                           : "See whether the node runs there (chatd says where it listens), or "
                             "choose another one with afd connect URL"};
  }
  if (answer.status == 401 || answer.status == 403)
    return {"UNAUTHORIZED",
            url() + " does not let you in (HTTP " + std::to_string(answer.status) + ')',
            "Give a key or token with --token, or in AFD_TOKEN"};
  const auto why =
      answer.problem.empty() ? "HTTP " + std::to_string(answer.status) : answer.problem;
  return {"UNEXPECTED_ANSWER", url() + " did not answer as a node does: " + why,
          "See whether the address is that of an AFD node"};
}

outcome<json> remote::read_rpc(const node_client::answer& answer) const {
  const auto root = json::parse(answer.body, nullptr, false);
  if (!answer.problem.empty() || !root.is_object()) return tl::make_unexpected(unusable(answer));
  if (const auto& error = at(root, "error"); error.is_object()) {
    const auto& data = at(error, "data");
    const auto suggestion = text_at(data, "suggestion");
    if (answer.status == 401) return tl::make_unexpected(unusable(answer));
    return no("UNEXPECTED_ANSWER", "The node refused the request: " + text_at(error, "message"),
              suggestion.empty() ? "See whether the address is that of an AFD node" : suggestion);
  }
  if (!root.contains("result")) return tl::make_unexpected(unusable(answer));
  return root["result"];
}

outcome<json> remote::ask_mcp(const std::string& method, const json& params) const {
  return read_rpc(send("POST", "/message", rpc_request(method, params), json_headers));
}

outcome<json> remote::call(const std::string& name, const json& input) const {
  const auto answer = ask_mcp("tools/call", call_params(name, input));
  return answer ? command_result_of(*answer) : answer;
}

asio::awaitable<outcome<json>> remote::async_call(asio::io_context& io, std::string name,
                                                  json input) const {
  node_client client(io, to_);
  client.set_timeout(timeout_);
  const auto headers = with_own(json_headers);
  const auto body = rpc_request("tools/call", call_params(name, input));
  const std::string path = "/message";
  const auto answer = co_await client.send("POST", headers, body, nullptr, path);
  auto got = read_rpc(answer);
  if (got) got = command_result_of(*got);
  co_return got;
}

outcome<std::vector<json>> remote::tools() const {
  std::vector<json> all;
  json params;
  for (;;) {
    const auto page = ask_mcp("tools/list", params);
    if (!page) return tl::make_unexpected(page.error());
    const auto& tools = at(*page, "tools");
    if (!tools.is_array())
      return no("UNEXPECTED_ANSWER", "The node's list of tools is none",
                "See whether the address is that of an AFD node");
    all.insert(all.end(), tools.begin(), tools.end());
    const auto next = text_at(*page, "nextCursor");
    if (next.empty() || next == text_at(params, "cursor")) return all;
    params = json{{"cursor", next}};
  }
}

outcome<node_address> remote::socket_address(const json& handoff) const {
  auto to = parse_node_url(text_at(handoff, "endpoint"));
  if (!to) return tl::make_unexpected(to_trouble(to.error()));
  to->ca_file = to_.ca_file;
  to->path += (to->path.find('?') == std::string::npos ? "?token=" : "&token=") +
              text_at(at(handoff, "credentials"), "token");
  return *to;
}

outcome<json> command_result_of(const json& tool_result) {
  const auto& structured = at(tool_result, "structuredContent");
  if (structured.is_object()) return structured;
  const auto& content = at(tool_result, "content");
  if (content.is_array() && !content.empty()) {
    auto parsed = json::parse(text_at(content[0], "text"), nullptr, false);
    if (parsed.is_object()) return parsed;
  }
  return no("UNEXPECTED_ANSWER", "The answer has no CommandResult in it",
            "See whether the address is that of an AFD node");
}

}  // namespace chat::cli
