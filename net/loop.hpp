#pragma once
// One I/O loop: a thread with an io_context, the sockets that live on it, and their turns.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "actors/protocol.hpp"
#include "net/asio.hpp"
#include "net/poll_set.hpp"

namespace chat {

class corked_socket;

/// Something a loop looks at once a second: how connections keep their deadlines without a timer
/// each.
class watched {
 public:
  virtual ~watched() = default;
  /// Thread: the loop's. May end the connection; may unwatch itself.
  virtual void on_tick(steady_time now) = 0;
  /// The node is stopping: say goodbye to the client (contract: 1001). The second time: just end.
  virtual void on_drain() = 0;

 private:
  friend class loop;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  std::size_t place_ = nowhere;
  bool told_ = false;  // to go
};

/// Turns: sockets that are ready are read, the actors they woke run, and what both queued on
/// sockets is written, once a socket. Thread: everything but `deliver`, `post` and `stop` is the
/// loop's own.
class loop final : public lane {
 public:
  loop();
  ~loop() override;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  asio::io_context& io() { return io_; }
  poll_set& sockets() { return sockets_; }
  /// Where any socket of this loop may read into: what is in it is gone when the reader returns.
  std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

  /// Runs until stop. The calling thread becomes the loop's. What a handler throws is logged and
  /// ends that handler only.
  void run();
  /// Ends whatever is watched, then the loop.
  void stop();
  bool is_current() const;

  void post(std::function<void()> work) override;
  void deliver(delivery work) override;
  void pace(const caf::actor& room) override;
  void store(append batch) override;
  void store(save_session session) override;
  /// Who gets what rooms store. Set before the first one does.
  void store_with(caf::actor storage) { storage_ = std::move(storage); }

  /// Writes the socket at the end of this turn.
  void touch(corked_socket& socket);
  /// Forgets a touched socket that goes away.
  void untouch(corked_socket& socket);
  /// A socket has so many bytes more, or fewer, queued.
  void on_queued(std::size_t bytes) { count_outbox(bytes); }
  void on_unqueued(std::size_t bytes) { count_outbox(0 - bytes); }

  void watch(watched& w);
  void unwatch(watched& w);
  std::size_t watched_count() const { return watched_.size(); }
  /// Calls on_drain of everything watched, so many a second, until the loop stops: whoever comes
  /// meanwhile is told too.
  void drain(double per_second);
  /// Ends everything watched, at once.
  void end_all();

 private:
  // Enough for what one peer sends in a turn; a longer message takes more turns.
  static constexpr std::size_t read_buffer_bytes = 64 * 1024;

  void count_outbox(std::size_t change) {  // wraps around, as unsigned numbers do
    auto& bytes = gauge_.outbox_bytes;
    bytes.store(bytes.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  void on_turn(std::chrono::steady_clock::duration took);
  void tell_lag(std::chrono::steady_clock::duration late);
  void await_sockets();
  void on_turn_over();
  std::chrono::nanoseconds patience();
  void end_turn();
  void tell_paced(steady_time began);
  writes& writes_of_turn();
  void apply_inbox();
  void flush_touched();
  void start_tick();
  void drain_some();

  // Sockets and connections that are destroyed with io_ still use what stands above it.
  poll_set sockets_;
  std::unique_ptr<char[]> read_buffer_ = std::make_unique<char[]>(read_buffer_bytes);
  std::vector<corked_socket*> touched_;
  bool flush_posted_ = false;
  std::vector<watched*> watched_;
  bool ticking_ = false;
  double drain_per_second_ = 0;
  steady_time drain_began_{};
  std::size_t told_ = 0;                   // to go
  std::uint64_t longest_turn_micros_ = 0;  // since the last tick

  std::vector<caf::actor> paced_;           // rooms that wait for the end of a turn
  steady_time told_at_{};                   // when rooms were last told
  bool waits_for_pace_ = false;             // for the next time
  std::chrono::nanoseconds writes_took_{};  // since then
  std::size_t heard_ = 0;                   // sockets that brought something since then
  int fruitless_waits_ = 0;                 // in a row
  int impatient_turns_ = 0;                 // to come
  bool awaits_sockets_ = false;             // Asio watches the poll set
  caf::actor storage_;
  std::unique_ptr<writes> writes_;  // of this turn

  std::mutex inbox_mutex_;  // guards inbox_ only; held for a push or a swap
  std::vector<delivery> inbox_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> alive_{io_.get_executor()};
  asio::posix::stream_descriptor any_socket_{io_};  // the poll set as Asio sees it; not its owner
  asio::steady_timer ticker_{io_};
  asio::steady_timer pacer_{io_};
  asio::steady_timer drainer_{io_};
};

}  // namespace chat
