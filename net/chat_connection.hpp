#pragma once
// The chat protocol on a WebSocket (contract, section 4): a token first, then events both ways.

#include <caf/actor.hpp>
#include <string>

#include "actors/audit.hpp"
#include "actors/rate_limiter.hpp"
#include "model/published.hpp"
#include "model/token_bucket.hpp"
#include "net/ws_connection.hpp"

namespace chat {

/// What all chat connections of a node share, be they WebSockets or event streams.
struct chat_options {
  ws_options ws = {};
  std::chrono::milliseconds keepalive_interval = limits::sse_keepalive_interval;
  std::chrono::milliseconds answer_timeout = limits::ask_timeout;  ///< of what a token opens
  std::chrono::milliseconds auth_timeout = limits::ws_auth_timeout;
  std::uint32_t inflight_max = limits::inflight_max;
  caf::actor hub = {};
  /// Whether frames that cost no credit are counted; null: they are not.
  const published<rate_limits>* rates = nullptr;
  audit_log* audit = nullptr;  ///< null: nobody writes refusals down
};

/// One client in one room. States: no token yet; redeeming (nothing is read meanwhile, so early
/// messages keep their order); attached to its session; closed. The first two have their time.
class chat_connection final : public ws_connection {
 public:
  /// `request` is the upgrade: its path names the room, its query may hold the token.
  chat_connection(socket_ptr socket, const http_request& request, const chat_options& options,
                  node_counters& counters);

  void receipt(std::uint32_t posts) override;
  void attached(const caf::actor& session, std::string_view user_id) override;

 private:
  void on_open() override;
  void on_message(bool is_text, std::string_view payload) override;
  void on_over(const close_reason* why) override;
  void on_second(steady_time now) override;

  void redeem_token(std::string token);
  void on_event(struct client_event event);
  template <class Event>
  void forward(Event event);
  void send_error(const struct failure& why, const std::string& client_id);
  bool count_free_frame() override;
  void on_noise(const struct failure& why, const std::string& client_id);

  const chat_options& options_;
  node_counters& counters_;
  caf::actor session_;   // null until attached
  std::string room_id_;  // empty: bad path
  std::string token_;    // from the URL, until it is used
  bool token_in_url_ = false;
  bool redeeming_ = false;      // a token is with the hub
  std::uint32_t inflight_ = 0;  // events whose receipt has not come
  steady_time waits_since_;     // for a token, or for what it opens
  token_bucket free_frames_;    // all that cost no credit
  steady_time touched_{};       // when the session last heard of a ping
};

}  // namespace chat
