#pragma once
// A kept-alive HTTP connection that asks one thing after the other.

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bench/load/poller.hpp"

namespace bench {

/// Every answer has to be 200; any other, or a connection that ends, throws run_failure. Stays
/// where it is. Thread: one.
class caller final : public pollable {
 public:
  /// Connects, blocking. `on_answer` gets every body, valid during the call; it may ask again.
  caller(poller& sockets, const sockaddr_in& server,
         std::function<void(caller&, std::string_view body)> on_answer);
  ~caller();
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  /// POSTs `body`, JSON, to `path`. One question at a time.
  void ask(std::string_view path, std::string_view body);
  bool is_waiting() const { return waiting_; }

  void on_ready(std::uint32_t events) override;

 private:
  void take_answer();

  poller& sockets_;
  std::string host_;
  std::function<void(caller&, std::string_view)> on_answer_;
  int fd_ = -1;
  bool waiting_ = false;
  std::string request_;
  std::string input_;
};

/// A JSON-RPC request for /rpc; `params` is JSON.
std::string rpc_body(std::string_view command, std::string_view params);

}  // namespace bench
