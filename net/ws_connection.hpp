#pragma once
// The node's WebSocket layer (RFC 6455): Beast's handshake and protocol over a corked socket, with
// deadlines, bounded queues and one way to end. What the messages mean is for a class derived from
// it: the chat protocol, or an echo in the tests.

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "actors/outbox.hpp"
#include "model/close_reason.hpp"
#include "model/counters.hpp"
#include "model/limits.hpp"
#include "net/corked_socket.hpp"

namespace chat {

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

/// Bounds of one connection.
struct ws_options {
  std::size_t message_bytes_max = limits::ws_message_bytes_max;
  std::size_t outbox_bytes_max = limits::outbox_bytes_max;
  std::chrono::milliseconds ping_interval = limits::ws_ping_interval;
  std::chrono::milliseconds dead_timeout = limits::ws_dead_timeout;
  std::chrono::milliseconds close_timeout = limits::ws_close_timeout;
};

/// One WebSocket. Lives on the loop of its socket; all functions belong to that thread. It keeps
/// itself alive while it is open; actors may hold it longer, as a name.
class ws_connection : public outbox, public watched {
 public:
  ws_connection(corked_socket socket, const ws_options& options, node_counters& counters);
  ~ws_connection() override;

  /// Answers the upgrade and starts reading. Called once.
  void start(const upgrade_request& request);

  void send(const frame& bytes) final;
  void close(const close_reason& why) final;
  void on_tick(steady_time now) final;
  void on_drain() override;

 protected:
  /// The upgrade is answered; messages may follow.
  virtual void on_open() = 0;
  /// One whole message. `payload` is valid during the call; text is valid UTF-8.
  virtual void on_message(bool is_text, std::string_view payload) = 0;
  /// The end, once. Nothing can be sent any more.
  virtual void on_closed() = 0;
  /// The node ends the connection, for this reason.
  virtual void on_closing(std::uint16_t, std::string_view) {}
  /// Once a second while the connection is open.
  virtual void on_second(steady_time) {}

  /// Stops asking the socket for more: what comes stays with the peer's TCP. Takes effect after
  /// the message at hand.
  void pause_reading() { paused_ = true; }
  void resume_reading();

  /// Nothing more can be sent: closing, or gone.
  bool is_over() const { return closing_ || finished_; }
  const std::string& peer() const { return peer_; }

 private:
  using stream = boost::beast::websocket::stream<corked_socket, false>;
  using self_ptr = caf::intrusive_ptr<ws_connection>;

  corked_socket& socket() { return ws_.next_layer(); }
  void read();
  void on_read(error_code ec);
  void take_message();
  void begin_close(std::uint16_t code, std::string_view text);
  void finish();
  void uncount();
  self_ptr self() { return self_ptr(this); }

  stream ws_;
  boost::beast::flat_buffer buffer_;
  const ws_options& options_;
  node_counters& counters_;
  std::string peer_;
  steady_time last_heard_;
  steady_time close_by_{};  // set with closing_
  self_ptr alive_;          // from the start to the end
  bool open_ = false;       // the upgrade is answered
  bool paused_ = false;
  bool reading_ = false;
  bool closing_ = false;  // a closing handshake is under way
  bool pinged_ = false;
  bool finished_ = false;
};

}  // namespace chat
