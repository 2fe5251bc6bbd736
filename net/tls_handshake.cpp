#include "net/tls_handshake.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "net/http_message.hpp"

namespace chat {

tls_handshake::tls_handshake(socket_ptr socket, const tls_options& options, done_handler on_done)
    : socket_(std::move(socket)), options_(options), on_done_(std::move(on_done)) {
  socket_->belong_to(*this);
  socket_->home().watch(*this);
}

tls_handshake::~tls_handshake() {
  if (socket_) socket_->home().unwatch(*this);
}

void tls_handshake::start() {
  self_ = shared_from_this();
  deadline_ = std::chrono::steady_clock::now() + options_.handshake_timeout;
  socket_->read_on(true);
}

void tls_handshake::on_readable() {
  const auto hold = shared_from_this();
  try {
    if (lingering_)
      discard();
    else
      proceed();
  } catch (const std::exception& e) {
    spdlog::error("tls: {}", e.what());
    end();
  }
}

void tls_handshake::proceed() {
  if (!socket_->home().sockets().may_take_long()) return;
  if (!socket_->is_secure()) socket_->start_tls(options_.certificate.new_session());
  switch (socket_->handshake()) {
    case tls_stream::handshake_state::under_way:
      return;
    case tls_stream::handshake_state::done:
      return succeed();
    case tls_stream::handshake_state::plain_http:
      return answer_plain_http();
    case tls_stream::handshake_state::failed:
      return fail(socket_->why_tls_failed());
  }
}

void tls_handshake::succeed() {
  const auto hold = std::move(self_);
  socket_->home().unwatch(*this);
  socket_->read_on(false);
  on_done_(std::move(socket_));
}

void tls_handshake::fail(const char* why) {
  if (!self_) return;
  if (!lingering_) {
    add(options_.counters.tls_handshakes_failed);
    spdlog::debug("tls: no handshake with {}: {}", socket_->peer(), why);
  }
  end();
}

void tls_handshake::answer_plain_http() {
  add(options_.counters.tls_handshakes_failed);
  socket_->stop_tls();
  socket_->push(frame(to_wire(
      refusal(400, make_failure(errc::invalid_request, "This is an https port",
                                "Use https:// and wss:// where you use http:// and ws:// now")),
      {.keep_alive = false, .head_only = false})));
  socket_->shutdown_after_flush();
  lingering_ = true;
  deadline_ = std::chrono::steady_clock::now() + options_.linger_timeout;
}

void tls_handshake::discard() {
  const auto got = socket_->read(socket_->home().read_buffer());
  if (got.outcome == corked_socket::read_outcome::end) end();
}

void tls_handshake::on_tick(steady_time now) {
  const auto hold = shared_from_this();
  if (!socket_->is_open()) return fail("the peer is gone");
  if (now >= deadline_) fail("it took too long");
}

void tls_handshake::end() {
  if (!self_) return;
  const auto hold = std::move(self_);
  socket_->home().unwatch(*this);
  socket_->close();
}

}  // namespace chat
