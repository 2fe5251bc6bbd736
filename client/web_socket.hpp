#pragma once
// One WebSocket of a client: whole messages in, whole messages out in the order they were given.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/node_url.hpp"
#include "net/asio.hpp"

namespace chat {

/// Thread: the one that runs the context.
class web_socket : public std::enable_shared_from_this<web_socket> {
 public:
  web_socket(asio::io_context& io, const node_address& to);
  ~web_socket();

  /// The upgrade, at the address's path. Why it failed; empty: it is open.
  asio::awaitable<std::string> open();
  /// The next message, however long that takes: while the node is silent it is pinged, and a node
  /// that does not answer is gone. Nothing: the connection has ended.
  asio::awaitable<std::optional<std::string>> read();
  /// Does not wait. What is sent after the end is dropped: read() tells of the end.
  void send(std::string message, bool is_binary = false);
  bool is_sending() const;
  /// Ends it at once.
  void abort();

  /// What the node closed it with; 0: it did not say.
  std::uint16_t close_code() const;
  std::string close_reason() const;

 private:
  asio::awaitable<void> write_all();

  struct state;  // Beast's templates are for web_socket.cpp alone
  std::unique_ptr<state> state_;
};

}  // namespace chat
