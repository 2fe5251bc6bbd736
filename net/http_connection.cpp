#include "net/http_connection.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <exception>

#include "net/event_stream.hpp"
#include "net/router.hpp"

namespace chat {

// The right to answer one request. It carries the connection, but lets go of it on its loop only.
class http_connection::ticket {
 public:
  explicit ticket(std::shared_ptr<http_connection> to)
      : home_(to->doors_.home), to_(std::move(to)) {}
  ticket(const ticket&) = delete;
  ticket& operator=(const ticket&) = delete;

  ~ticket() {
    if (!to_) return;
    try {
      answer(refusal(500, make_failure(errc::internal_error, "The node lost this request")));
    } catch (const std::exception& e) {
      spdlog::error("http: cannot answer: {}", e.what());
    }
  }

  void answer(http_response response) {
    if (answered_.test_and_set()) return;
    asio::post(home_.io(), [to = std::move(to_), response = std::move(response)]() mutable {
      to->guarded([&] { to->on_answer(std::move(response)); });
    });
  }

 private:
  loop& home_;
  std::shared_ptr<http_connection> to_;
  std::atomic_flag answered_;
};

// Runs what a handler does, which may end this connection. No exception leaves it: whatever went
// wrong costs this connection only.
template <class Work>
void http_connection::guarded(Work&& work) noexcept {
  const auto hold = shared_from_this();
  try {
    work();
  } catch (const std::exception& e) {
    spdlog::error("http: {}", e.what());
    end();
  }
}

http_connection::http_connection(socket_ptr socket, const door_context& doors)
    : doors_(doors), socket_(std::move(socket)), peer_(socket_->peer()) {
  socket_->belong_to(*this);
  doors_.home.watch(*this);
}

http_connection::~http_connection() { doors_.home.unwatch(*this); }

void http_connection::start() {
  self_ = shared_from_this();
  came_late_ = draining_ = chat::read(doors_.config.counters.draining) != 0;
  guarded([this] { next_request(); });
}

void http_connection::enter(phase next, std::chrono::milliseconds timeout) {
  phase_ = next;
  deadline_ = std::chrono::steady_clock::now() + timeout;
}

// --- Reading -----------------------------------------------------------------------------------

void http_connection::on_readable() {
  guarded([this] {
    if (phase_ == phase::idle || phase_ == phase::reading)
      read();
    else
      discard();
  });
}

void http_connection::read() {
  const auto room = reader_.room();
  const auto got = socket_->read({static_cast<char*>(room.data()), room.size()});
  if (got.outcome == corked_socket::read_outcome::end) return on_end_of_input();
  reader_.commit(got.bytes);
  parse();
}

// What comes behind the last request is nobody's.
void http_connection::discard() {
  const auto got = socket_->read(doors_.home.read_buffer());
  if (got.outcome == corked_socket::read_outcome::end) on_end_of_input();
}

// The client sends no more, but it may still read what it asked for.
void http_connection::on_end_of_input() {
  if (phase_ == phase::streaming) return end();
  flush_and_end();
}

// It may only have said that it sends no more: it is answered, but nothing waits for it.
void http_connection::on_hung_up() {
  guarded([this] {
    if (still_wanted_) still_wanted_->lose();
  });
}

// --- Requests ----------------------------------------------------------------------------------

void http_connection::next_request() {
  enter(phase::idle, doors_.config.keep_alive_timeout);
  parse();
}

void http_connection::parse() {
  const auto outcome = reader_.parse();
  if (outcome == request_reader::outcome::refused) return refuse(reader_.take_refusal());
  if (outcome == request_reader::outcome::complete) return on_request();
  if (reader_.has_begun()) {
    if (phase_ == phase::idle) enter(phase::reading, doors_.config.request_timeout);
    if (reader_.take_expectation()) socket_->push(frame("HTTP/1.1 100 Continue\r\n\r\n"));
  } else if (draining_ && !came_late_) {
    return flush_and_end();
  }
  reader_.shrink();
  socket_->read_on(true);
}

// Answers when the rest of the stream cannot be understood any more.
void http_connection::refuse(http_response why) {
  keep_alive_ = false;
  head_only_ = reader_.is_head_method();
  origin_.clear();
  if (reader_.is_in_head()) {  // of one that is too big more may have come, which names its page
    const auto room = reader_.room();
    reader_.commit(socket_->read({static_cast<char*>(room.data()), room.size()}).bytes);
  }
  http_request request(http_request::message(reader_.head_so_far()), peer_, socket_->is_secure());
  look_behind_proxies(request, doors_.config);
  if (!doors_.config.origins->get().check(request)) origin_ = request.origin();
  on_answer(std::move(why));
}

void http_connection::on_request() {
  head_only_ = reader_.is_head_method();
  http_request request(reader_.take_request(), peer_, socket_->is_secure());
  look_behind_proxies(request, doors_.config);
  origin_.clear();
  request.set_interest(still_wanted_ = std::make_shared<interest>());
  phase_ = phase::working;
  socket_->read_on(false);
  keep_alive_ = request.keep_alive();
  add(doors_.config.counters.http_requests);
  if (const auto why = doors_.config.origins->get().check(request)) {
    spdlog::info("refused {}: {}", request.peer(), why->message);
    if (auto* audit = doors_.config.audit)
      audit->write({.event = "refused", .address = request.peer(), .reason = why->message});
    return make_responder()(refusal(403, *why));
  }
  origin_ = request.origin();
  if (request.proxy() && !socket_->place().speak_for(request.proxy()->client))
    return make_responder()(refusal(429, address_is_full()));
  if (doors_.config.on_upgrade && wants_websocket(request)) {
    if (auto why = check_websocket(request)) return make_responder()(std::move(*why));
    if (socket_->queued_bytes() == 0) return upgrade_to_websocket(std::move(request));
    return when_flushed([this, request = std::make_shared<http_request>(std::move(request))] {
      upgrade_to_websocket(std::move(*request));
    });
  }
  route(std::move(request), doors_, socket_->place(), make_responder());
}

responder http_connection::make_responder() {
  return [right = std::make_shared<ticket>(shared_from_this())](http_response response) {
    right->answer(std::move(response));
  };
}

void http_connection::upgrade_to_websocket(http_request request) {
  give_away([&](socket_ptr socket) {
    doors_.config.on_upgrade({std::move(socket), std::move(request), reader_.take_rest()});
  });
}

template <class Taker>
void http_connection::give_away(Taker&& take) {
  phase_ = phase::over;
  const auto hold = std::move(self_);
  doors_.home.unwatch(*this);
  take(std::move(socket_));
}

// --- Answers -----------------------------------------------------------------------------------

void http_connection::on_answer(http_response response) {
  if (phase_ == phase::over) return;
  if (response.status >= 400 && response.status < 500) add(doors_.config.counters.http_refused);
  if (!origin_.empty()) allow_to_read(response, origin_);
  if (response.taker)
    return give_away([&](socket_ptr socket) {
      const auto taker = std::move(response.taker);
      taker(std::move(socket), std::move(response));
    });
  if (response.stream && !head_only_) return open_stream(std::move(response));
  const bool last = !keep_alive_ || draining_;
  socket_->push(frame(to_wire(std::move(response), {!last, head_only_})));
  if (last) return linger();
  if (socket_->held_bytes() <= limits::http_answers_bytes_max) return next_request();
  when_flushed([this] { next_request(); });
}

void http_connection::open_stream(http_response response) {
  stream_ = std::move(response.stream);
  response.stream = stream_;  // for to_wire, which leaves out the length
  socket_->push(frame(to_wire(std::move(response), {.keep_alive = false, .head_only = false})));
  enter(phase::streaming, doors_.config.keepalive_interval);
  stream_->on_open([weak = weak_from_this(), &home = doors_.home](std::string bytes) {
    home.post([weak, bytes = std::move(bytes)]() mutable {
      const auto self = weak.lock();
      if (self) self->guarded([&] { self->on_stream_bytes(std::move(bytes)); });
    });
  });
  socket_->read_on(true);
}

void http_connection::on_stream_bytes(std::string bytes) {
  if (phase_ != phase::streaming) return;
  if (bytes.empty()) {
    stream_.reset();
    return linger();
  }
  if (socket_->held_bytes() + bytes.size() > limits::outbox_bytes_max) {
    add(doors_.config.counters.slow_consumers);
    return end();
  }
  socket_->push(frame(std::move(bytes)));
  enter(phase::streaming, doors_.config.keepalive_interval);
}

// Goes on when the client has read everything; gives up when it does not. Goes on in a turn of
// its own, as the socket may be given away then.
void http_connection::when_flushed(std::function<void()> then) {
  enter(phase_ == phase::flushing ? phase::flushing : phase::full, doors_.config.stall_timeout);
  socket_->read_on(false);
  when_flushed_ = std::move(then);
}

void http_connection::on_flushed() {
  if (!when_flushed_) return;
  asio::post(doors_.home.io(),
             [self = shared_from_this(), then = std::exchange(when_flushed_, {})] {
               if (self->phase_ != phase::over) self->guarded(then);
             });
}

void http_connection::flush_and_end() {
  if (socket_->queued_bytes() == 0) return end();
  phase_ = phase::flushing;
  socket_->shutdown_after_flush();
  when_flushed([this] { end(); });
}

// Closing at once would have the kernel drop the answer when the client is still sending.
void http_connection::linger() {
  enter(phase::lingering, doors_.config.stall_timeout);
  socket_->shutdown_after_flush();
  socket_->read_on(true);
}

// --- The end -----------------------------------------------------------------------------------

void http_connection::on_tick(steady_time now) {
  const auto guard = shared_from_this();
  guarded([&] {
    if (!socket_->is_open()) return end();  // a write failed
    const auto& config = doors_.config;
    if (phase_ == phase::lingering && socket_->queued_bytes() == 0)
      deadline_ = std::min(deadline_, now + config.linger_timeout);
    if (phase_ == phase::working || now < deadline_) return;
    if (phase_ == phase::streaming) return on_stream_bytes(std::string(keepalive_comment));
    if (phase_ == phase::full || phase_ == phase::flushing) add(config.counters.slow_consumers);
    if (phase_ != phase::reading) return end();
    add(config.counters.slow_requests);
    refuse(refusal(408, make_failure(errc::request_timeout, "The request took too long to come")));
  });
}

void http_connection::on_drain() {
  const auto guard = shared_from_this();
  const bool again = std::exchange(told_, true);
  draining_ = true;
  guarded([&] {
    if (again) return end();
    if (phase_ == phase::streaming) {
      if (auto last = stream_->farewell(); !last.empty()) socket_->push(frame(std::move(last)));
      stream_.reset();
      return flush_and_end();
    }
    // Who came while the node was stopping already has the answer to one request.
    if (phase_ == phase::idle && !came_late_) flush_and_end();
  });
}

void http_connection::end() {
  if (phase_ == phase::over) return;
  phase_ = phase::over;
  doors_.home.unwatch(*this);
  stream_.reset();
  when_flushed_ = nullptr;
  if (still_wanted_) still_wanted_->lose();
  socket_->close();
  self_.reset();
}

}  // namespace chat
