#include "client/web_socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "client/node_stream.hpp"
#include "model/bridge_limits.hpp"

namespace chat {

namespace websocket = beast::websocket;

struct web_socket::state {
  state(asio::io_context& io, node_address where) : stream(io), to(std::move(where)) {}

  websocket::stream<node_stream, false> stream;
  const node_address to;
  std::deque<std::pair<std::string, bool>> waiting;  // with: it is binary
  bool is_writing = false;
  bool is_over = false;
};

web_socket::web_socket(asio::io_context& io, const node_address& to)
    : state_(std::make_unique<state>(io, to)) {}

web_socket::~web_socket() = default;

asio::awaitable<std::string> web_socket::open() {
  const auto self = shared_from_this();
  auto& s = *state_;
  websocket::stream_base::timeout patience{};
  patience.handshake_timeout = limits::bridge_connect_timeout;
  patience.idle_timeout = limits::bridge_answer_timeout;
  patience.keep_alive_pings = true;
  s.stream.set_option(patience);
  s.stream.read_message_max(limits::bridge_message_bytes_max);
  const std::string path = s.to.path.empty() ? "/" : s.to.path;
  try {
    co_await s.stream.next_layer().connect(s.to);
    s.stream.next_layer().next_layer().expires_never();  // the WebSocket has its own deadlines
    co_await s.stream.async_handshake(s.to.authority(), path, asio::use_awaitable);
  } catch (const boost::system::system_error& e) {
    s.is_over = true;
    co_return e.code().message();
  }
  co_return std::string();
}

asio::awaitable<std::optional<std::string>> web_socket::read() {
  const auto self = shared_from_this();
  beast::flat_buffer buffer;
  error_code ec;
  co_await state_->stream.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) {
    state_->is_over = true;
    co_return std::nullopt;
  }
  const auto bytes = buffer.cdata();
  co_return std::string(static_cast<const char*>(bytes.data()), bytes.size());
}

void web_socket::send(std::string message, bool is_binary) {
  auto& s = *state_;
  if (s.is_over) return;
  s.waiting.emplace_back(std::move(message), is_binary);
  if (std::exchange(s.is_writing, true)) return;
  asio::co_spawn(s.stream.get_executor(), write_all(), asio::detached);
}

asio::awaitable<void> web_socket::write_all() {
  const auto self = shared_from_this();
  auto& s = *state_;
  while (!s.waiting.empty() && !s.is_over) {
    const auto next = std::move(s.waiting.front());
    s.waiting.pop_front();
    s.stream.binary(next.second);
    error_code ec;
    co_await s.stream.async_write(asio::buffer(next.first),
                                  asio::redirect_error(asio::use_awaitable, ec));
    if (ec) s.is_over = true;
  }
  s.is_writing = false;
}

bool web_socket::is_sending() const { return state_->is_writing; }

void web_socket::abort() {
  state_->is_over = true;
  state_->stream.next_layer().close();
}

std::uint16_t web_socket::close_code() const { return state_->stream.reason().code; }

std::string web_socket::close_reason() const {
  const auto& reason = state_->stream.reason().reason;
  return {reason.data(), reason.size()};
}

}  // namespace chat
