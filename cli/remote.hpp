#pragma once
// A node as the subcommands see it: they call, it answers or is not there.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/settings.hpp"
#include "client/node_client.hpp"

namespace chat::cli {

class remote {
 public:
  /// The node of --url, of AFD_URL, or the one connected to.
  static outcome<remote> find(const settings& s);

  /// The CommandResult of a command; of a batch, the BatchResult. A failed one is a value, too.
  outcome<json> call(const std::string& name, const json& input) const;
  asio::awaitable<outcome<json>> async_call(asio::io_context& io, std::string name,
                                            json input) const;
  /// The `result` of a request to POST /message.
  outcome<json> ask_mcp(const std::string& method, const json& params) const;
  /// All tools, as tools/list answers them.
  outcome<std::vector<json>> tools() const;
  /// One request, waited for. `on_event` is called with the events of a stream; when it answers
  /// false the stream is ended.
  node_client::answer send(const std::string& method, const std::string& path,
                           const std::string& body = {}, const client_headers& headers = {},
                           const std::function<bool(std::string_view)>& on_event = {}) const;

  const node_address& address() const { return to_; }
  /// Where a WebSocket is, of chat-connect's answer, with what we know of the node besides.
  outcome<node_address> socket_address(const json& handoff) const;
  std::string url() const { return to_.origin() + to_.path; }
  void set_timeout(std::chrono::milliseconds time) { timeout_ = time; }
  /// What is wrong when an answer is not what was asked for.
  trouble unusable(const node_client::answer& answer) const;

 private:
  outcome<json> read_rpc(const node_client::answer& answer) const;
  client_headers with_own(client_headers headers) const;

  node_address to_;
  client_headers headers_;
  std::chrono::milliseconds timeout_ = limits::cli_call_timeout;
};

/// The CommandResult in the result of tools/call: it stands there as text, and as itself.
outcome<json> command_result_of(const json& tool_result);

}  // namespace chat::cli
