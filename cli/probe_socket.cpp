#include "cli/probe_socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>

#include "model/cli_limits.hpp"

namespace chat::cli {

template <class T>
std::optional<T> probe_socket::wait_for(asio::awaitable<T> work) {
  const auto got = std::make_shared<std::optional<T>>();
  asio::co_spawn(io_, std::move(work),
                 [got](const std::exception_ptr&, T value) { *got = std::move(value); });
  const auto deadline = std::chrono::steady_clock::now() + limits::check_timeout;
  io_.restart();
  while (!*got && io_.run_one_until(deadline) > 0) {
  }
  return std::move(*got);
}

probe_socket::probe_socket(const node_address& to)
    : socket_(std::make_shared<web_socket>(io_, to)) {
  problem_ = wait_for(socket_->open()).value_or("no answer in time");
}

probe_socket::~probe_socket() { socket_->abort(); }

void probe_socket::send(std::string text, bool is_binary) {
  socket_->send(std::move(text), is_binary);
  const auto deadline = std::chrono::steady_clock::now() + limits::check_timeout;
  io_.restart();
  while (socket_->is_sending() && io_.run_one_until(deadline) > 0) {
  }
}

json probe_socket::next() {
  const auto text = wait_for(socket_->read());
  if (!text || !*text) return {};
  auto frame = json::parse(**text, nullptr, false);
  return frame.is_discarded() ? json(**text) : frame;
}

json probe_socket::next_of(const std::string& type) {
  for (;;) {
    auto frame = next();
    if (frame.is_null() || text_at(frame, "type") == type) return frame;
  }
}

unsigned probe_socket::closed_with() {
  while (!next().is_null()) {
  }
  return socket_->close_code();
}

}  // namespace chat::cli
