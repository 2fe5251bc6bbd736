#include "net/ws_connection.hpp"

#include <boost/beast/websocket.hpp>
#include <utility>

#include "model/unicode.hpp"

namespace chat {

namespace websocket = beast::websocket;

namespace {

// What a message may leave behind in the read buffer of an idle connection.
constexpr std::size_t idle_buffer_bytes_max = 4096;

}  // namespace

ws_connection::ws_connection(corked_socket socket, const ws_options& options,
                             node_counters& counters)
    : outbox(socket.home()),
      ws_(std::move(socket)),
      options_(options),
      counters_(counters),
      peer_(this->socket().peer()),
      last_heard_(std::chrono::steady_clock::now()) {
  add(counters_.connections);
  add(counters_.websockets);
  ws_.next_layer().home().watch(*this);
}

ws_connection::~ws_connection() {
  if (finished_) return;
  ws_.next_layer().home().unwatch(*this);
  uncount();
}

void ws_connection::uncount() {
  subtract(counters_.websockets);
  subtract(counters_.connections);
}

void ws_connection::start(const upgrade_request& request) {
  alive_ = self();
  // Deadlines are the tick's; Beast's timers would cost one each for every connection.
  ws_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                 websocket::stream_base::none(), false});
  ws_.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& r) { r.set(beast::http::field::server, "chatd"); }));
  ws_.read_message_max(options_.message_bytes_max);
  ws_.control_callback([this](websocket::frame_type, beast::string_view) {
    last_heard_ = std::chrono::steady_clock::now();
    pinged_ = false;
  });
  ws_.async_accept(request, [self = self()](error_code ec) {
    if (ec || self->finished_) return self->finish();
    self->open_ = true;
    self->on_open();
    self->read();
  });
}

void ws_connection::read() {
  if (reading_ || paused_ || finished_ || !open_) return;
  reading_ = true;
  ws_.async_read(buffer_, [self = self()](error_code ec, std::size_t) {
    self->reading_ = false;
    self->on_read(ec);
  });
}

void ws_connection::on_read(error_code ec) {
  // Beast has answered what was against the protocol (1002, 1007, 1009) or a close of the peer's;
  // either way the stream is over.
  if (ec) return finish();
  last_heard_ = std::chrono::steady_clock::now();
  pinged_ = false;
  if (!closing_) take_message();
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > idle_buffer_bytes_max) buffer_.shrink_to_fit();
  if (closing_) paused_ = false;  // only the peer's close frame is still waited for
  read();
}

void ws_connection::take_message() {
  const auto data = buffer_.cdata();
  const std::string_view payload(static_cast<const char*>(data.data()), data.size());
  // Beast 1.81 lets a character through that is cut off before an empty last fragment.
  if (ws_.got_text() && !is_utf8(payload)) return close(close::bad_utf8);
  on_message(ws_.got_text(), payload);
}

void ws_connection::resume_reading() {
  if (!std::exchange(paused_, false)) return;
  // Later: this may be called from within on_message, or from a delivery.
  asio::post(ws_.get_executor(), [self = self()] { self->read(); });
}

void ws_connection::send(const frame& bytes) {
  if (closing_ || finished_ || !open_) return;
  if (socket().queued_bytes() + bytes.size() > options_.outbox_bytes_max) {
    add(counters_.slow_consumers);
    socket().drop_queued();  // it would wait for minutes behind them
    return close(close::slow);
  }
  socket().push(bytes);
}

void ws_connection::close(const close_reason& why) { begin_close(why.code, why.text); }

void ws_connection::begin_close(std::uint16_t code, std::string_view text) {
  if (finished_ || std::exchange(closing_, true)) return;
  on_closing(code, text);
  close_by_ = std::chrono::steady_clock::now() + options_.close_timeout;
  if (!open_) return socket().close();
  ws_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), text),
                  [self = self()](error_code) { self->finish(); });
}

void ws_connection::on_tick(steady_time now) {
  if (closing_ ? now >= close_by_ : now - last_heard_ >= options_.dead_timeout) return finish();
  if (!socket().is_open()) return finish();
  if (closing_ || !open_) return;
  if (!pinged_ && now - last_heard_ >= options_.ping_interval) {
    pinged_ = true;
    ws_.async_ping({}, [self = self()](error_code) {});
  }
  on_second(now);
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
  socket().close();
  socket().home().unwatch(*this);
  uncount();  // rooms may know this object by name for a while
  on_closed();
}

}  // namespace chat
