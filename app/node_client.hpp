#pragma once
// One HTTP request to a node, whose answer may be a stream of events.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "app/mcp_line.hpp"
#include "net/asio.hpp"

namespace chat {

/// Thread: the one that runs the context.
class node_client {
 public:
  struct answer {
    unsigned status = 0;  ///< 0: the node did not answer
    std::string session = {};
    std::string body = {};  ///< of an answer that is no stream
  };
  /// Called with every message of an answer that is a stream of them.
  using message_handler = std::function<void(std::string_view)>;

  node_client(asio::io_context& io, std::string host, std::string port)
      : stream_(io), host_(std::move(host)), port_(std::move(port)) {}

  /// Sends a request on a connection of its own, and waits for the end of its answer.
  asio::awaitable<answer> send(std::string method, mcp_headers headers, std::string body,
                               message_handler on_message, std::string path = "/mcp");
  /// Ends a request under way: the node takes that as cancelled.
  void cancel();
  bool is_cancelled() const { return cancelled_; }

 private:
  asio::awaitable<answer> exchange(std::string method, mcp_headers headers, std::string body,
                                   message_handler on_message, std::string path);

  boost::beast::tcp_stream stream_;
  const std::string host_;
  const std::string port_;
  bool cancelled_ = false;
};

}  // namespace chat
