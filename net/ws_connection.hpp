#pragma once
// The node's WebSocket layer (RFC 6455) over a corked socket: Beast's handshake, our own frames in
// and out, deadlines, bounded queues and one way to end. What the messages mean is for a class
// derived from it: the chat protocol, or an echo in the tests.
//
// The frames are ours, not Beast's, for what an idle connection costs (Beast's stream keeps 2.4 KB,
// most of it read buffers) and for what a message costs (its reads, on top of Asio's reactor, take
// two system calls each).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actors/outbox.hpp"
#include "model/close_reason.hpp"
#include "model/counters.hpp"
#include "model/limits.hpp"
#include "net/corked_socket.hpp"
#include "net/http_message.hpp"
#include "net/ws_reader.hpp"

namespace chat {

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
///
///   open --- close() or a breach of the protocol: our close frame goes first ---> closing
///   open --- the peer's close frame: ours follows it -----------------------------> closing
///   closing --- the peer ends the stream, or close_timeout ---> gone
///
/// Over, which is closing or gone, nothing more is sent and what comes is thrown away.
class ws_connection : public outbox, public watched, private corked_socket::owner {
 public:
  /// `peer`: its address, for logs.
  ws_connection(socket_ptr socket, std::string peer, const ws_options& options,
                node_counters& counters);
  ~ws_connection() override;

  /// Answers the upgrade and starts reading. Called once.
  void start(const http_request& request, std::string early);

  void send(const frame& bytes) final;
  void close(const close_reason& why) final;
  void on_tick(steady_time now) final;
  void on_drain() override;

 protected:
  /// The upgrade is answered; messages may follow.
  virtual void on_open() = 0;
  /// One whole message. `payload` is valid during the call; text is valid UTF-8.
  virtual void on_message(bool is_text, std::string_view payload) = 0;
  /// It is over, once: `why` is what the node gave as reason, null when the peer went.
  virtual void on_over(const close_reason* why) = 0;
  /// Once a second while the connection is open.
  virtual void on_second(steady_time) {}
  /// Counts a frame that costs its sender no credit: a ping, a pong, a short piece of a message.
  /// False: there were too many, and the connection is closed.
  virtual bool count_free_frame() { return true; }

  /// Stops asking the socket for more: what comes stays with the peer's TCP. Takes effect after
  /// the message at hand.
  void pause_reading() { paused_ = true; }
  void resume_reading();

  /// The peer has shown who it is.
  void make_known(std::string_view user_id) { socket_->place().make_known(user_id); }
  bool is_over() const { return closing_ || finished_; }
  const std::string& peer() const { return peer_; }
  /// The newest message that the peer got, as far as one can know: while it answers, or has said
  /// goodbye, what was written to its socket; else what was written before it last did.
  sequence delivered() const { return broken_ ? confirmed_ : written_; }

 private:
  using self_ptr = caf::intrusive_ptr<ws_connection>;

  void on_readable() final;
  void on_broken() final { finish(); }
  void on_flushed() final { written_ = given(); }
  template <class Work>
  void guarded(Work&& work) noexcept;
  void take(std::span<char> bytes);
  void on_event(const ws_event& event);
  void begin_closing(std::uint16_t code, std::string_view text);
  void finish();
  self_ptr self() { return self_ptr(this); }

  socket_ptr socket_;
  ws_reader reader_;
  const ws_options& options_;
  node_counters& counters_;
  std::string peer_;
  std::string unread_;  // read, but not looked at before reading was paused
  steady_time last_heard_;
  steady_time close_by_{};  // set with closing_
  self_ptr alive_;          // from the start to the end
  sequence written_ = 0;
  sequence confirmed_ = 0;
  bool broken_ = false;  // ended without a word
  bool paused_ = false;
  bool resuming_ = false;
  bool closing_ = false;  // our close frame is queued
  bool pinged_ = false;
  bool finished_ = false;
};

}  // namespace chat
