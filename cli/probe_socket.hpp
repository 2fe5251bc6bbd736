#pragma once
// A WebSocket for checks: each step waits, and none for ever.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/outcome.hpp"
#include "client/web_socket.hpp"

namespace chat::cli {

class probe_socket {
 public:
  /// Opens it; is_open() says whether that worked.
  explicit probe_socket(const node_address& to);
  ~probe_socket();
  probe_socket(const probe_socket&) = delete;
  probe_socket& operator=(const probe_socket&) = delete;

  bool is_open() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  /// Sent when it returns, unless it is closed.
  void send(std::string text, bool is_binary = false);
  /// The next frame, or null when none comes in time or it is closed.
  json next();
  /// The next frame of that type; others are let go.
  json next_of(const std::string& type);
  /// Waits for the end. The close code; 0: it did not come in time, or had none.
  unsigned closed_with();

 private:
  template <class T>
  std::optional<T> wait_for(asio::awaitable<T> work);

  asio::io_context io_{1};
  std::shared_ptr<web_socket> socket_;
  std::string problem_;
};

}  // namespace chat::cli
