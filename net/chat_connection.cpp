#include "net/chat_connection.hpp"

#include <spdlog/spdlog.h>

#include <caf/send.hpp>
#include <utility>

#include "actors/protocol.hpp"
#include "model/ids.hpp"
#include "model/steady_clock.hpp"
#include "model/wire.hpp"
#include "net/http_message.hpp"

namespace chat {

namespace {

constexpr auto touch_interval = std::chrono::seconds(1);

// `/rooms/{id}` or `/ws/{id}`; empty for any other path.
std::string room_of_path(std::string_view path) {
  for (const std::string_view prefix : {"/rooms/", "/ws/"})
    if (path.starts_with(prefix) && is_room_id(path.substr(prefix.size())))
      return std::string(path.substr(prefix.size()));
  return {};
}

}  // namespace

chat_connection::chat_connection(socket_ptr socket, const http_request& request,
                                 const chat_options& options, node_counters& counters)
    : ws_connection(std::move(socket), request.peer(), options.ws, counters),
      options_(options),
      counters_(counters),
      room_id_(room_of_path(percent_decode(request.path()).value_or(""))),
      waits_since_(std::chrono::steady_clock::now()) {
  const auto token = query_parameter(request.query(), "token");
  // A query that cannot be read may hold one: a wrong token, not a missing one.
  token_in_url_ = token || !percent_decode(request.query());
  token_ = token.value_or("");
}

void chat_connection::on_open() {
  spdlog::debug("websocket from {} to room {}", peer(), room_id_);
  if (room_id_.empty()) return close(close::bad_path);
  if (!token_in_url_) return;  // an auth message has to follow
  if (token_.empty()) return close(close::missing_token);
  redeem_token(std::exchange(token_, {}));
}

void chat_connection::redeem_token(std::string token) {
  pause_reading();
  redeeming_ = true;
  waits_since_ = std::chrono::steady_clock::now();
  caf::anon_send(options_.hub, present_token{std::move(token), room_id_, outbox_ptr(this), peer()});
}

void chat_connection::attached(const caf::actor& session, std::string_view user_id) {
  if (is_over()) {  // it went while the token was being redeemed
    caf::anon_send(session, connection_lost{outbox_ptr(this), ended_by::client, delivered()});
    return;
  }
  session_ = session;
  make_known(user_id);
  resume_reading();
}

void chat_connection::on_message(bool is_text, std::string_view payload) {
  if (!is_text) return close(close::binary);
  auto event = decode_client_event(payload);
  if (!session_) {
    using kind = client_event::kind;
    if (event && event->what == kind::auth_headers) return void(count_free_frame());
    if (event && event->what == kind::auth && !event->token.empty())
      return redeem_token(std::move(event->token));
    return close(close::missing_token);
  }
  if (!event) return on_noise(event.error(), event.error().client_id);
  on_event(std::move(*event));
}

void chat_connection::on_event(client_event event) {
  const outbox_ptr me(this);
  switch (event.what) {
    case client_event::kind::message: {
      auto m = std::make_shared<message>();
      m->text = std::move(event.text);
      m->client_id = std::move(event.client_id);
      return forward(post{std::move(m), me});
    }
    case client_event::kind::typing:
      return forward(typing{me, std::move(event.client_id)});
    case client_event::kind::reaction:
      return forward(react{std::move(event.message_id), std::move(event.emoji), me,
                           std::move(event.client_id)});
    case client_event::kind::ping: {
      const auto now = std::chrono::steady_clock::now();
      if (!count_free_frame()) return;
      std::string bytes;
      append_pong(bytes);
      send(frame(std::move(bytes)));
      // Pings have no credit: a flood of them must not become one of messages.
      if (now - touched_ >= touch_interval) {
        touched_ = now;
        caf::anon_send(session_, touch{});
      }
      return;
    }
    case client_event::kind::auth:          // a token came with the URL, or this is a second one
    case client_event::kind::auth_headers:  // nothing here needs headers
      count_free_frame();
      return;
  }
}

// Each event takes one unit of credit until its receipt; without credit nothing more is read.
template <class Event>
void chat_connection::forward(Event event) {
  caf::anon_send(session_, std::move(event));
  if (++inflight_ >= options_.inflight_max) pause_reading();
}

void chat_connection::receipt(std::uint32_t posts) {
  inflight_ -= std::min(inflight_, posts);
  if (session_ && inflight_ < options_.inflight_max) resume_reading();
}

// Everything that takes no credit comes out of one bucket; who sends more is closed.
bool chat_connection::count_free_frame() {
  if (!options_.rates || !options_.rates->get().on) return true;
  const auto now = steady_clock_ms();
  constexpr rate allowed{limits::free_frames_per_second, limits::free_frames_burst};
  if (free_frames_.wait_ms(allowed, now) > 0) {
    add(counters_.rate_limited);
    close(close::too_fast);
    return false;
  }
  free_frames_.take(allowed, now);
  return true;
}

void chat_connection::on_noise(const failure& why, const std::string& client_id) {
  if (count_free_frame()) send_error(why, client_id);
}

void chat_connection::send_error(const failure& why, const std::string& client_id) {
  add(counters_.events_refused);
  std::string bytes;
  append_error(bytes, why, client_id);
  send(frame(std::move(bytes)));
}

void chat_connection::on_second(steady_time now) {
  if (session_) return;
  const auto waits = now - waits_since_;
  if (!redeeming_ && waits >= options_.auth_timeout) close(close::missing_token);
  if (redeeming_ && waits >= options_.answer_timeout) close(close::internal);
}

void chat_connection::on_over(const close_reason* why) {
  if (why && !session_ && why->end != ended_by::drain) count_refused_handoff(counters_, why->code);
  if (const auto session = std::exchange(session_, nullptr)) {
    const auto end = why ? why->end : ended_by::client;
    spdlog::debug("websocket from {} to room {} is over: {}", peer(), room_id_, to_string(end));
    caf::anon_send(session, connection_lost{outbox_ptr(this), end, delivered()});
  } else if (why && why->end != ended_by::drain) {
    spdlog::info("refused {}: {} {}", peer(), why->code, why->text);
    // Of a token that was shown the hub or its session tells more.
    if (options_.audit && !redeeming_)
      options_.audit->write(
          {.event = "refused", .room_id = room_id_, .address = peer(), .reason = why->text});
  }
}

}  // namespace chat
