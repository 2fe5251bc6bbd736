#pragma once
// A connection to a node, with TLS or without: what Beast calls an AsyncStream.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <utility>

#include "client/node_url.hpp"
#include "net/asio.hpp"

namespace chat {

/// Thread: the one that runs the context.
class node_stream {
 public:
  using next_layer_type = beast::tcp_stream;
  using executor_type = next_layer_type::executor_type;

  explicit node_stream(asio::io_context& io) : tcp_(io) {}

  next_layer_type& next_layer() { return tcp_; }
  const next_layer_type& next_layer() const { return tcp_; }
  executor_type get_executor() { return tcp_.get_executor(); }

  /// Throws a system_error when it cannot be reached in time, or is not whom its certificate names.
  asio::awaitable<void> connect(const node_address& to);
  void close() { tcp_.close(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return tcp_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return tcp_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  // The end of a WebSocket, as Beast asks for it: nobody waits for the other side's goodbye.
  friend void teardown(beast::role_type, node_stream& stream, error_code& ec) {
    stream.close();
    ec = {};
  }
  template <class Handler>
  friend void async_teardown(beast::role_type, node_stream& stream, Handler&& handler) {
    stream.close();
    asio::post(stream.get_executor(),
               beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
  }

  beast::tcp_stream tcp_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<asio::ssl::stream<beast::tcp_stream&>> tls_;
};

}  // namespace chat
