#pragma once
// One I/O loop: a thread with an io_context, the sockets that live on it, and their turns.

#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/outbox.hpp"
#include "net/asio.hpp"

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
};

/// Turns: Asio's handlers run; what they queue on sockets is written once, when the handlers that
/// were ready have run. Thread: everything but `deliver`, `post` and `stop` is the loop's own.
class loop final : public lane {
 public:
  loop();
  ~loop() override;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  asio::io_context& io() { return io_; }

  /// Runs until stop. The calling thread becomes the loop's.
  void run();
  void stop();
  bool is_current() const;
  /// Runs `work` on the loop, later. Thread: any.
  void post(std::function<void()> work);

  void deliver(delivery work) override;

  /// Writes the socket at the end of this turn.
  void touch(corked_socket& socket);
  /// Forgets a touched socket that goes away.
  void untouch(corked_socket& socket);

  void watch(watched& w);
  void unwatch(watched& w);
  std::size_t watched_count() const { return watched_.size(); }
  /// Calls on_drain of everything watched.
  void drain();

 private:
  void apply_inbox();
  void flush_touched();
  void start_tick();

  // Sockets and connections that are destroyed with io_ still use what stands above it.
  std::vector<corked_socket*> touched_;
  bool flush_posted_ = false;
  std::vector<watched*> watched_;
  bool ticking_ = false;

  std::mutex inbox_mutex_;  // guards inbox_ only; held for a push or a swap
  std::vector<delivery> inbox_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> alive_{io_.get_executor()};
  asio::steady_timer ticker_{io_};
};

}  // namespace chat
