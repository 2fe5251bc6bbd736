#include "net/ws_connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "model/wire.hpp"
#include "net/ws_handshake.hpp"

namespace chat {

ws_connection::ws_connection(socket_ptr socket, std::string peer, const ws_options& options,
                             node_counters& counters)
    : outbox(socket->home()),
      socket_(std::move(socket)),
      reader_(options.message_bytes_max),
      options_(options),
      counters_(counters),
      peer_(std::move(peer)),
      last_heard_(std::chrono::steady_clock::now()) {
  socket_->belong_to(*this);
  add(counters_.websockets);
  socket_->home().watch(*this);
}

ws_connection::~ws_connection() {
  if (finished_) return;
  socket_->home().unwatch(*this);
  subtract(counters_.websockets);
}

// Runs what a handler does. No exception leaves it: whatever went wrong costs this connection only.
template <class Work>
void ws_connection::guarded(Work&& work) noexcept {
  const auto hold = self();
  try {
    work();
  } catch (const std::exception& e) {
    spdlog::error("websocket from {}: {}", peer_, e.what());
    close(close::internal);
  }
}

void ws_connection::start(const http_request& request, std::string early) {
  alive_ = self();
  guarded([&] {
    auto answer = accept_websocket(request.raw(), socket_->home());
    if (!answer) return finish();
    socket_->push(frame(std::move(*answer)));
    on_open();
    take(early);
    if (!finished_ && (!paused_ || closing_)) socket_->read_on(true);
  });
}

// --- Reading -------------------------------------------------------------------------------------

void ws_connection::on_readable() {
  guarded([this] {
    const auto buffer = socket_->home().read_buffer();
    const auto got = socket_->read(buffer);
    if (got.outcome == corked_socket::read_outcome::end) return finish();
    if (got.outcome == corked_socket::read_outcome::nothing || closing_) return;
    last_heard_ = std::chrono::steady_clock::now();
    pinged_ = false;
    confirmed_ = written_;
    take(buffer.first(got.bytes));
  });
}

void ws_connection::take(std::span<char> bytes) {
  while (!paused_ && !is_over()) {
    const auto event = reader_.next(bytes);
    if (event.what == ws_event::kind::none) return;
    on_event(event);
  }
  if (is_over()) return;
  unread_.assign(bytes.data(), bytes.size());
  socket_->read_on(false);
}

void ws_connection::on_event(const ws_event& event) {
  switch (event.what) {
    case ws_event::kind::text:
    case ws_event::kind::binary:
      return on_message(event.what == ws_event::kind::text, event.payload);
    case ws_event::kind::ping: {
      if (!count_free_frame()) return;
      std::string bytes;
      append_ws_frame(bytes, ws_opcode::pong, event.payload);
      return send(frame(std::move(bytes)));
    }
    case ws_event::kind::close:
      begin_closing(event.code, event.payload);
      if (!finished_) on_over(nullptr);
      return;
    case ws_event::kind::violation:
      return close(*event.why);
    case ws_event::kind::pong:
    case ws_event::kind::piece:
      count_free_frame();
      return;
    case ws_event::kind::none:
      return;
  }
}

// Later: this may be called from within on_message, or from a delivery.
void ws_connection::resume_reading() {
  if (!std::exchange(paused_, false) || std::exchange(resuming_, true)) return;
  asio::post(socket_->home().io(), [self = self()] {
    self->guarded([&self = *self] {
      self.resuming_ = false;
      if (self.paused_ || self.is_over()) return;
      auto unread = std::exchange(self.unread_, {});
      self.take(unread);
      if (!self.paused_ && !self.is_over()) self.socket_->read_on(true);
    });
  });
}

// --- Writing -------------------------------------------------------------------------------------

void ws_connection::send(const frame& bytes) {
  if (is_over()) return;
  if (socket_->held_bytes() + bytes.size() > options_.outbox_bytes_max) {
    add(counters_.slow_consumers);
    socket_->drop_queued();  // it would wait for minutes behind them
    return close(close::slow);
  }
  socket_->push(bytes);
}

// --- The end -------------------------------------------------------------------------------------

void ws_connection::close(const close_reason& why) {
  if (is_over()) return;
  begin_closing(why.code, why.text);
  on_over(&why);
}

// Our close frame is the last thing the peer gets. What it still sends is read and thrown away:
// closing at once would have the kernel drop what it has not yet got.
void ws_connection::begin_closing(std::uint16_t code, std::string_view text) {
  constexpr std::array protocol_codes{1002, 1003, 1007, 1009};  // RFC 6455, 7.4.1
  if (!closing_ && std::ranges::find(protocol_codes, code) != protocol_codes.end())
    add(counters_.protocol_errors);
  closing_ = true;
  close_by_ = std::chrono::steady_clock::now() + options_.close_timeout;
  unread_ = {};
  std::string bytes;
  append_ws_close(bytes, code, text);
  socket_->push(frame(std::move(bytes)));
  socket_->shutdown_after_flush();
  socket_->read_on(true);
}

void ws_connection::on_tick(steady_time now) {
  guarded([this, now] {
    // Nothing is heard of one that is not read from, be it because the disk stalls.
    if (paused_) last_heard_ = now;
    if (closing_ && now >= close_by_) return finish();
    if (!closing_ && now - last_heard_ >= options_.dead_timeout) {
      add(counters_.dead_peers);
      return finish();
    }
    if (!socket_->is_open()) return finish();
    if (closing_) return;
    if (!pinged_ && now - last_heard_ >= options_.ping_interval) {
      pinged_ = true;
      std::string bytes;
      append_ws_frame(bytes, ws_opcode::ping, {});
      send(frame(std::move(bytes)));
    }
    if (!is_over()) on_second(now);
  });
}

void ws_connection::on_drain() {
  if (closing_)
    finish();
  else
    close(close::going_away);
}

void ws_connection::finish() {
  if (std::exchange(finished_, true)) return;
  const auto hold = std::exchange(alive_, nullptr);
  socket_->home().unwatch(*this);
  socket_->close();
  subtract(counters_.websockets);  // rooms may know this object by name for a while
  if (closing_) return;
  broken_ = true;
  on_over(nullptr);
}

}  // namespace chat
