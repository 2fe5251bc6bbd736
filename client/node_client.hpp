#pragma once
// One HTTP request to a node, whose answer may be a stream of events.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/node_stream.hpp"
#include "client/node_url.hpp"
#include "model/bridge_limits.hpp"

namespace chat {

/// Names and values.
using client_headers = std::vector<std::pair<std::string, std::string>>;

/// Thread: the one that runs the context.
class node_client {
 public:
  struct answer {
    unsigned status = 0;  ///< 0: the node did not answer
    std::string session = {};
    std::string allowed_origin = {};  ///< Access-Control-Allow-Origin
    std::string type = {};            ///< Content-Type
    std::string body = {};            ///< of an answer that is no stream
    std::string problem = {};         ///< why the answer is not there, or not whole; empty: it is
  };
  /// Called with every message of an answer that is a stream of them.
  using message_handler = std::function<void(std::string_view)>;

  node_client(asio::io_context& io, node_address to) : stream_(io), to_(std::move(to)) {}

  /// How long the node may be silent while it owes something.
  void set_timeout(std::chrono::milliseconds time) { timeout_ = time; }

  /// Sends a request on a connection of its own, and waits for the end of its answer. The key of
  /// the address goes with it. `path` comes behind that of the address.
  asio::awaitable<answer> send(std::string method, client_headers headers, std::string body,
                               message_handler on_message, std::string path = "/mcp");
  /// Ends a request under way: the node takes that as cancelled.
  void cancel();
  bool is_cancelled() const { return cancelled_; }

 private:
  asio::awaitable<void> exchange(answer& got, std::string method, client_headers headers,
                                 std::string body, message_handler on_message, std::string path);

  node_stream stream_;
  const node_address to_;
  std::chrono::milliseconds timeout_ = limits::bridge_answer_timeout;
  bool cancelled_ = false;
};

}  // namespace chat
