#pragma once
// A TCP socket that writes once per turn of its loop, whatever was queued.
//
// Everything enters the queue as whole frames (or whole HTTP messages), so shared broadcast frames
// may be queued straight past Beast's own write operations: Beast's control frames and ours never
// mix inside one. Beast sees an AsyncStream; to it a write ends as soon as it is queued.

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "model/frame.hpp"
#include "net/asio.hpp"
#include "net/loop.hpp"

namespace chat {

/// Thread: its loop's. Not copyable; moving is for the upgrade, while nothing is pending or queued.
class corked_socket {
 public:
  using executor_type = tcp::socket::executor_type;
  static constexpr std::size_t untouched = static_cast<std::size_t>(-1);

  corked_socket(tcp::socket socket, loop& home);
  corked_socket(corked_socket&& other) noexcept;
  corked_socket& operator=(corked_socket&&) = delete;
  ~corked_socket();

  executor_type get_executor() { return socket_.get_executor(); }
  loop& home() const { return *home_; }
  bool is_open() const { return socket_.is_open(); }
  /// The peer's address, for logs; empty when it is gone.
  std::string peer() const;

  /// Queues bytes and has them written at the end of the turn. Ignored once the socket is closed
  /// or its write side shut.
  void push(frame bytes);
  /// Bytes queued and not yet with the kernel.
  std::size_t queued_bytes() const { return queued_bytes_; }
  /// Forgets everything queued but the frame already begun, which the peer needs to stay in step.
  void drop_queued();
  /// Calls `then` once the queue is empty (at once, later in the turn, if it is). One waiter.
  void when_drained(std::function<void()> then);

  /// Bytes read too early: the next read gets them first.
  void unread(std::string bytes) { early_ = std::move(bytes); }

  /// No more writes after what is queued; the peer sees the end of the stream.
  void shutdown_after_flush();
  /// Ends everything at once; pending reads fail with operation_aborted.
  void close();

  /// Waits until there is something to read, then reads: a read that fails first would cost a
  /// system call per message.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(error_code, std::size_t)>(
        read_op<Buffers>{*this, buffers}, token, socket_);
  }

  /// Queues a copy; complete at once.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    const auto bytes = append_copy(buffers);
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this, bytes](auto handler) {
          const error_code ec = is_open() ? error_code() : asio::error::broken_pipe;
          asio::post(socket_.get_executor(), [handler = std::move(handler), ec, bytes]() mutable {
            handler(ec, ec ? 0 : bytes);
          });
        },
        token);
  }

  /// Waits for something to read, or for the end.
  template <class Token>
  auto async_wait_readable(Token&& token) {
    return socket_.async_wait(tcp::socket::wait_read, std::forward<Token>(token));
  }
  /// Reads what is there, without waiting: would_block when that is nothing.
  std::size_t read_now(asio::mutable_buffer into, error_code& ec);
  bool has_early() const { return !early_.empty(); }

 private:
  friend class loop;

  template <class Buffers>
  struct read_op {
    corked_socket& socket;
    Buffers buffers;
    bool begun = false;

    template <class Self>
    void operator()(Self& self, error_code ec = {}, std::size_t = 0) {
      if (!begun) {
        begun = true;
        if (socket.has_early())
          asio::post(socket.get_executor(), std::move(self));
        else
          socket.async_wait_readable(std::move(self));
        return;
      }
      std::size_t bytes = 0;
      if (!ec) bytes = socket.read_now(*asio::buffer_sequence_begin(buffers), ec);
      if (ec == asio::error::would_block) {
        socket.async_wait_readable(std::move(self));
        return;
      }
      self.complete(ec, bytes);
    }
  };

  template <class Buffers>
  std::size_t append_copy(const Buffers& buffers) {
    std::string copy;
    copy.reserve(beast::buffer_bytes(buffers));
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      const asio::const_buffer part(*it);
      copy.append(static_cast<const char*>(part.data()), part.size());
    }
    const auto size = copy.size();
    push(frame(std::move(copy)));
    return size;
  }

  void touch();
  void flush();  // one write of all that is queued; the loop calls it
  void wait_writable();
  void on_flushed();  // the queue is empty
  std::size_t write_some(error_code& ec);
  void consume(std::size_t bytes);

  loop* home_;
  tcp::socket socket_;
  std::deque<frame> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t begun_bytes_ = 0;  // of the first frame, already with the kernel
  std::size_t touched_at_ = untouched;
  std::string early_;
  std::function<void()> drained_;
  // Made when the kernel takes no more: a handler on its way finds the socket through it, or
  // null when the socket has gone meanwhile.
  std::shared_ptr<corked_socket*> self_;
  bool waiting_writable_ = false;
  bool shut_when_empty_ = false;
  bool shut_ = false;
};

/// Beast's hook for the end of a WebSocket (RFC 6455, 7.1.1): the server says its last word, then
/// waits for the peer to close. The connection's deadline bounds the wait.
template <class Handler>
void async_teardown(beast::role_type, corked_socket& socket, Handler&& handler) {
  socket.shutdown_after_flush();
  struct discard {
    corked_socket& socket;
    std::decay_t<Handler> handler;
    void operator()(error_code ec) {
      char sink[4096];
      while (!ec) socket.read_now(asio::buffer(sink), ec);
      if (ec == asio::error::would_block) {
        socket.async_wait_readable(std::move(*this));
        return;
      }
      if (ec == asio::error::eof) ec = {};
      handler(ec);
    }
    using executor_type = corked_socket::executor_type;
    executor_type get_executor() const { return socket.get_executor(); }
  };
  socket.async_wait_readable(discard{socket, std::forward<Handler>(handler)});
}
inline void beast_close_socket(corked_socket& socket) { socket.close(); }

}  // namespace chat
