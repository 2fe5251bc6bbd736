#pragma once
// A room's events on an HTTP answer that does not end: to its session and its room it is what a
// WebSocket is, but it only reads. What rooms send are WebSocket frames, encoded once for all; here
// each becomes a server-sent event when it is written, so that WebSockets pay nothing for it.

#include <caf/actor.hpp>
#include <string>

#include "actors/protocol.hpp"
#include "model/counters.hpp"
#include "net/chat_connection.hpp"
#include "net/corked_socket.hpp"
#include "net/http_message.hpp"

namespace chat {

/// One client in one room. Lives on the loop of its socket; all functions belong to that thread. It
/// keeps itself alive while it is open; actors may hold it longer, as a name.
///
///   opening --- its session has it: the answer's head, and then events ---> open
///   opening --- a refusal: an HTTP status and the contract's error body -----> closing
///   open --- close(): a last event, `close`, says the code and why ----------> closing
///   closing --- the peer ends the connection, or close_timeout ---> over
///
/// Nobody pings here. A peer that is gone is noticed by its TCP, which is given something to
/// acknowledge at every keepalive_interval and dead_timeout to do it, as a WebSocket's pong.
class event_connection final : public outbox, public watched, private corked_socket::owner {
 public:
  /// `head` is the answer as its door gave it: what its headers say holds for a refusal, too.
  event_connection(socket_ptr socket, http_response head, std::string peer,
                   const chat_options& options, node_counters& counters);
  ~event_connection() override;

  /// Presents a token, with itself as `out`. Called once.
  void start(present_token token);

  void send(const frame& bytes) override;
  void receipt(std::uint32_t) override {}  // it never posts
  void attached(const caf::actor& session, std::string_view user_id) override;
  void close(const close_reason& why) override;
  void on_tick(steady_time now) override;
  void on_drain() override;

 private:
  enum class phase : std::uint8_t { opening, open, closing, over };

  void on_readable() override;
  void on_broken() override { finish(); }
  void on_flushed() override { written_ = given(); }
  template <class Work>
  void guarded(Work&& work) noexcept;
  bool is_over() const { return phase_ == phase::closing || phase_ == phase::over; }
  void begin();
  void push(std::string bytes);
  std::string refusal_bytes(const close_reason& why);
  sequence delivered() const { return socket_->has_delivered_all() ? written_ : 0; }
  void leave(const close_reason* why, sequence delivered);
  void finish();

  socket_ptr socket_;
  http_response head_;  // until it is sent
  const chat_options& options_;
  node_counters& counters_;
  caf::actor session_;  // null until attached
  std::string peer_;
  caf::intrusive_ptr<event_connection> alive_;  // from the start to the end
  steady_time opened_;
  steady_time last_sent_{};
  steady_time close_by_{};  // set with closing
  sequence written_ = 0;    // the newest message with the kernel
  phase phase_ = phase::opening;
};

}  // namespace chat
