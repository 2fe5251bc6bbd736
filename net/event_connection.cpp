#include "net/event_connection.hpp"

#include <spdlog/spdlog.h>

#include <caf/send.hpp>
#include <exception>
#include <utility>

#include "model/json_writer.hpp"
#include "net/event_stream.hpp"

namespace chat {

namespace {

struct http_refusal {
  unsigned status;
  errc code;
  const char* suggestion;
};

// What a close code is to a client whose stream has not begun.
http_refusal http_refusal_of(const close_reason& why) {
  switch (why.code) {
    case close::invalid_token.code:
      return {401, errc::invalid_token,
              "A token opens one stream, once. Call chat-reconnect with the sessionId for the next "
              "one, and send the last event's id as Last-Event-ID with it"};
    case close::expired.code:
      return {401, errc::session_expired,
              "Call chat-reconnect with the sessionId; if the session has expired as well, "
              "chat-connect"};
    case close::mismatch.code:
      return {403, errc::forbidden,
              "The token is for another room, or for a WebSocket. Use endpoint and token of one "
              "answer of chat-connect with transport sse, or of chat-reconnect"};
    case close::taken_over.code:
      return {409, errc::duplicate_conflict,
              "Another connection of this session is being opened just now: keep that one"};
    case close::room_full.code:
      return {503, errc::room_full, ""};
    case close::ended.code:
      return {410, errc::session_closed, ""};
    case close::going_away.code:
      return {503, errc::overloaded, "Call chat-reconnect in a few seconds, and open the stream"};
    default:
      return {503, errc::storage_unavailable, "Try again in a few seconds with the same token"};
  }
}

std::string close_event(const close_reason& why) {
  std::string data;
  json_writer(data).begin_object().field("code", why.code).field("reason", why.text).end_object();
  return encode_event("close", data);
}

}  // namespace

event_connection::event_connection(socket_ptr socket, http_response head, std::string peer,
                                   const chat_options& options, node_counters& counters)
    : outbox(socket->home()),
      socket_(std::move(socket)),
      head_(std::move(head)),
      options_(options),
      counters_(counters),
      peer_(std::move(peer)),
      opened_(std::chrono::steady_clock::now()) {
  socket_->belong_to(*this);
  add(counters_.event_streams);
  socket_->home().watch(*this);
}

event_connection::~event_connection() {
  if (phase_ == phase::over) return;
  socket_->home().unwatch(*this);
  subtract(counters_.event_streams);
}

// Runs what a handler does. No exception leaves it: whatever went wrong costs this connection only.
template <class Work>
void event_connection::guarded(Work&& work) noexcept {
  const auto hold = caf::intrusive_ptr<event_connection>(this);
  try {
    work();
  } catch (const std::exception& e) {
    spdlog::error("event stream of {}: {}", peer_, e.what());
    finish();
  }
}

void event_connection::start(present_token token) {
  alive_ = this;
  guarded([&] {
    spdlog::debug("event stream of {} in room {}", peer_, token.room_id);
    token.out = this;
    caf::anon_send(options_.hub, std::move(token));
    socket_->read_on(true);
  });
}

// --- What its room and its session do ------------------------------------------------------------

// A room sends only to those it has taken in; what it sends first comes before attached().
void event_connection::begin() {
  if (phase_ != phase::opening) return;
  phase_ = phase::open;
  push(to_wire(std::exchange(head_, {}),
               {.keep_alive = false, .head_only = false, .endless = true}));
}

void event_connection::send(const frame& bytes) {
  begin();
  if (phase_ == phase::open) push(encode_frames(bytes.bytes()));
}

void event_connection::push(std::string bytes) {
  if (socket_->held_bytes() + bytes.size() > options_.ws.outbox_bytes_max) {
    add(counters_.slow_consumers);
    socket_->drop_queued();  // the last event would wait for minutes behind them
    return close(close::slow);
  }
  last_sent_ = std::chrono::steady_clock::now();
  socket_->push(frame(std::move(bytes)));
}

void event_connection::attached(const caf::actor& session, std::string_view user_id) {
  if (is_over()) {  // it went while the token was being redeemed
    caf::anon_send(session, connection_lost{outbox_ptr(this), ended_by::client, 0});
    return;
  }
  begin();
  session_ = session;
  socket_->place().make_known(user_id);
  socket_->give_up_after(options_.ws.dead_timeout);
}

std::string event_connection::refusal_bytes(const close_reason& why) {
  const auto r = http_refusal_of(why);
  auto answer = refusal(r.status, make_failure(r.code, std::string(why.text), r.suggestion));
  answer.headers = std::move(head_.headers);
  if (r.status == 401)
    answer.headers.emplace_back("WWW-Authenticate",
                                R"(Bearer realm="chatd", error="invalid_token")");
  if (r.status < 500) add(counters_.http_refused);
  return to_wire(std::move(answer), {.keep_alive = false, .head_only = false});
}

// What is written now is the last thing the peer gets. What it still sends is read and thrown away:
// closing at once would have the kernel drop what it has not yet got.
void event_connection::close(const close_reason& why) {
  if (is_over()) return;
  const auto got = delivered();
  const bool begun = std::exchange(phase_, phase::closing) == phase::open;
  close_by_ = std::chrono::steady_clock::now() + options_.ws.close_timeout;
  socket_->push(frame(begun ? close_event(why) : refusal_bytes(why)));
  socket_->shutdown_after_flush();
  leave(&why, got);
}

// --- The socket ----------------------------------------------------------------------------------

void event_connection::on_readable() {
  guarded([this] {  // nothing that it sends is for anybody
    const auto got = socket_->read(socket_->home().read_buffer());
    if (got.outcome == corked_socket::read_outcome::end) finish();
  });
}

void event_connection::on_tick(steady_time now) {
  guarded([this, now] {
    if (!socket_->is_open()) return finish();
    switch (phase_) {
      case phase::opening:
        if (now - opened_ >= options_.answer_timeout) close(close::internal);
        return;
      case phase::open:
        if (now - last_sent_ >= options_.keepalive_interval) push(std::string(keepalive_comment));
        return;
      case phase::closing:
        if (now >= close_by_) finish();
        return;
      case phase::over:
        return;
    }
  });
}

void event_connection::on_drain() {
  guarded([this] {
    if (phase_ == phase::closing)
      finish();
    else
      close(close::going_away);
  });
}

// --- The end -------------------------------------------------------------------------------------

// `why` is null when the peer went; `delivered` is the newest message that it got for sure, or 0.
void event_connection::leave(const close_reason* why, sequence delivered) {
  if (const auto session = std::exchange(session_, nullptr)) {
    const auto end = why ? why->end : ended_by::client;
    spdlog::debug("event stream of {} is over: {}", peer_, to_string(end));
    caf::anon_send(session, connection_lost{outbox_ptr(this), end, delivered});
  } else if (why && why->end != ended_by::drain) {  // the hub or its session wrote it down
    count_refused_handoff(counters_, why->code);
    spdlog::info("refused {}: {} {}", peer_, why->code, why->text);
  }
}

void event_connection::finish() {
  const auto was = std::exchange(phase_, phase::over);
  if (was == phase::over) return;
  const auto hold = std::exchange(alive_, nullptr);
  const auto got = delivered();
  socket_->home().unwatch(*this);
  socket_->close();
  subtract(counters_.event_streams);  // rooms may know this object by name for a while
  if (was != phase::closing) leave(nullptr, got);
}

}  // namespace chat
