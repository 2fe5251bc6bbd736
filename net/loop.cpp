#include "net/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <caf/send.hpp>
#include <exception>
#include <utility>

#include "model/limits.hpp"
#include "net/corked_socket.hpp"

namespace chat {

namespace {

thread_local const loop* current = nullptr;

// So often in a row patience may bring nothing; then so many turns go without it.
constexpr int fruitless_waits_max = 8;
constexpr int impatient_turns = 64;
constexpr auto drain_interval = std::chrono::milliseconds(10);

std::uint64_t micros(std::chrono::steady_clock::duration time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

loop::loop() {
  any_socket_.assign(sockets_.descriptor());
  await_sockets();
}

loop::~loop() { any_socket_.release(); }

void loop::run() {
  current = this;
  while (!io_.stopped()) {
    try {
      io_.run();
    } catch (const std::exception& e) {
      spdlog::error("loop: a handler failed: {}", e.what());
    }
  }
  current = nullptr;
}

void loop::await_sockets() {
  if (awaits_sockets_) return;
  awaits_sockets_ = true;
  any_socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code ec) {
    awaits_sockets_ = false;
    if (ec) return;  // the end
    const auto began = std::chrono::steady_clock::now();
    if (!waits_for_pace_) heard_ += sockets_.handle_ready();
    // Behind the actors that were woken just now. When rooms then wait for the end of the turn, it
    // looks at the sockets itself: being woken for them before would be for nothing.
    asio::post(io_, [this, began] {
      on_turn(std::chrono::steady_clock::now() - began);
      if (paced_.empty()) await_sockets();
    });
  });
}

void loop::stop() {
  asio::post(io_, [this] {
    end_all();
    ticker_.cancel();
    pacer_.cancel();
    drainer_.cancel();
    alive_.reset();
    io_.stop();
  });
}

bool loop::is_current() const { return current == this; }

void loop::post(std::function<void()> work) { asio::post(io_, std::move(work)); }

void loop::deliver(delivery work) {
  // A room may run on this loop now and on another one next: whatever it delivered earlier and
  // still lies in the inbox comes first.
  if (is_current()) {
    apply_inbox();
    apply(work);
    return;
  }
  bool was_empty = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    was_empty = inbox_.empty();
    inbox_.push_back(std::move(work));
  }
  if (was_empty) asio::post(io_, [this] { apply_inbox(); });
}

void loop::apply_inbox() {
  std::vector<delivery> works;
  {
    const std::lock_guard lock(inbox_mutex_);
    works.swap(inbox_);
  }
  for (auto& work : works) apply(work);
}

// --- The pace of commits -------------------------------------------------------------------------

void loop::pace(const caf::actor& room) {
  if (!is_current()) return post([this, room] { pace(room); });
  paced_.push_back(room);
  if (paced_.size() > 1) return;
  // Behind the handlers that are ready now, and the writes they asked for.
  asio::post(io_, [this] { on_turn_over(); });
}

void loop::on_turn_over() {
  const auto now = std::chrono::steady_clock::now();
  const auto due = std::max(told_at_ + limits::commit_interval, now + patience());
  if (due <= now) return end_turn();
  // Under load. Until then sockets wait too: what they bring could go no earlier, and waking for
  // each of them would cost more than handling it.
  waits_for_pace_ = true;
  pacer_.expires_at(due);
  pacer_.async_wait([this](error_code ec) {
    if (!ec) end_turn();
  });
}

// Long writes are worth more messages: half their time is waited for more, which then cost no write
// of their own. Where that keeps bringing nothing (all who talk were heard, and wait for us), it is
// tried again only after some turns.
std::chrono::nanoseconds loop::patience() {
  if (impatient_turns_ > 0) {
    --impatient_turns_;
    return {};
  }
  return std::min<std::chrono::nanoseconds>(writes_took_ / 2, limits::commit_patience_max);
}

void loop::end_turn() {
  // Whoever has answered meanwhile comes along: a look costs less than another commit.
  const auto began = std::chrono::steady_clock::now();
  const auto heard = sockets_.handle_ready();
  if (std::exchange(waits_for_pace_, false)) {
    fruitless_waits_ = 8 * heard < heard_ ? fruitless_waits_ + 1 : 0;
    if (fruitless_waits_ > fruitless_waits_max) impatient_turns_ = impatient_turns;
  }
  asio::post(io_, [this, began] { tell_paced(began); });
}

void loop::tell_paced(steady_time began) {
  told_at_ = std::chrono::steady_clock::now();
  on_turn(told_at_ - began);
  heard_ = 0;
  writes_took_ = {};
  for (const auto& room : std::exchange(paced_, {})) caf::anon_send(room, turn_over{});
  await_sockets();
}

void loop::store(append batch) {
  if (!is_current())
    return post([this, batch = std::move(batch)]() mutable { store(std::move(batch)); });
  writes_of_turn().batches.push_back(std::move(batch));
}

// Always behind what was posted before, even from this loop: a session may have saved from another
// one just now, and its saves have an order.
void loop::store(save_session session) {
  post([this, session = std::move(session)]() mutable {
    writes_of_turn().sessions.push_back(std::move(session));
  });
}

// Handed over behind the actors that are ready now: they may have more to store.
writes& loop::writes_of_turn() {
  if (writes_) return *writes_;
  writes_ = std::make_unique<writes>();
  writes_->home = this;
  asio::post(io_,
             [this] { caf::anon_send(storage_, std::move(*std::exchange(writes_, nullptr))); });
  return *writes_;
}

// --- Writing -------------------------------------------------------------------------------------

void loop::touch(corked_socket& socket) {
  socket.touched_at_ = touched_.size();
  touched_.push_back(&socket);
  if (std::exchange(flush_posted_, true)) return;
  // Behind the handlers that are ready now: they may have more for the same sockets.
  asio::post(io_, [this] { flush_touched(); });
}

void loop::untouch(corked_socket& socket) {
  touched_[socket.touched_at_] = nullptr;
  socket.touched_at_ = corked_socket::untouched;
}

void loop::flush_touched() {
  flush_posted_ = false;
  const auto begin = std::chrono::steady_clock::now();
  // By index and in place: writing one socket may end, or touch, another.
  const std::size_t count = touched_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!touched_[i]) continue;
    auto& socket = *std::exchange(touched_[i], nullptr);
    socket.touched_at_ = corked_socket::untouched;
    socket.end_turn();
  }
  touched_.erase(touched_.begin(), touched_.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < touched_.size(); ++i)
    if (touched_[i]) touched_[i]->touched_at_ = i;
  const auto took = std::chrono::steady_clock::now() - begin;
  writes_took_ += took;
  on_turn(took);
}

// --- How it is doing -----------------------------------------------------------------------------

void loop::on_turn(std::chrono::steady_clock::duration took) {
  const auto spent = micros(took);
  gauge_.turns.observe(spent);
  longest_turn_micros_ = std::max(longest_turn_micros_, spent);
}

void loop::tell_lag(std::chrono::steady_clock::duration late) {
  gauge_.lag_micros = std::max(std::exchange(longest_turn_micros_, 0), micros(late));
}

void loop::watch(watched& w) {
  w.place_ = watched_.size();
  watched_.push_back(&w);
  start_tick();
}

void loop::unwatch(watched& w) {
  if (w.place_ == watched::nowhere) return;
  watched_[w.place_] = watched_.back();
  watched_[w.place_]->place_ = w.place_;
  watched_.pop_back();
  w.place_ = watched::nowhere;
}

void loop::start_tick() {
  if (ticking_) return;
  if (watched_.empty()) return tell_lag({});  // nobody is here who would notice any
  ticking_ = true;
  ticker_.expires_after(std::chrono::seconds(1));
  ticker_.async_wait([this](error_code ec) {
    ticking_ = false;
    if (ec) return;
    const auto now = std::chrono::steady_clock::now();
    tell_lag(now - ticker_.expiry());
    // Backwards, because one that unwatches itself is replaced by the last.
    for (std::size_t i = watched_.size(); i > 0; --i)
      if (i <= watched_.size()) watched_[i - 1]->on_tick(now);
    on_turn(std::chrono::steady_clock::now() - now);
    start_tick();
  });
}

// --- The end -------------------------------------------------------------------------------------

void loop::drain(double per_second) {
  drain_per_second_ = per_second;
  drain_began_ = std::chrono::steady_clock::now();
  drain_some();
}

void loop::drain_some() {
  const auto passed = std::chrono::steady_clock::now() - drain_began_ + drain_interval;
  const auto due = drain_per_second_ * std::chrono::duration<double>(passed).count();
  // Backwards, because one that unwatches itself is replaced by the last.
  for (std::size_t i = watched_.size(); i > 0 && static_cast<double>(told_) < due; --i) {
    if (i > watched_.size() || std::exchange(watched_[i - 1]->told_, true)) continue;
    ++told_;
    watched_[i - 1]->on_drain();
  }
  drainer_.expires_after(drain_interval);
  drainer_.async_wait([this](error_code ec) {
    if (!ec) drain_some();
  });
}

void loop::end_all() {
  for (int times = 0; times < 2; ++times)  // told twice, connections just end
    for (std::size_t i = watched_.size(); i > 0; --i)
      if (i <= watched_.size()) watched_[i - 1]->on_drain();
}

}  // namespace chat
