#pragma once
// The sockets of the harness on one epoll.

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <string>

namespace bench {

/// A socket that waits for events. Stays where it is while the poller knows it.
class pollable {
 public:
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~pollable() = default;
};

/// Thread: one. Level-triggered; closing a descriptor takes it out.
class poller {
 public:
  poller();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  void add(int fd, pollable& what, std::uint32_t events) {
    control(EPOLL_CTL_ADD, fd, what, events);
  }
  void change(int fd, pollable& what, std::uint32_t events) {
    control(EPOLL_CTL_MOD, fd, what, events);
  }
  /// Handles what is ready; waits for it up to `wait_ns`.
  void turn(std::int64_t wait_ns);
  /// Turns until `done()`; throws run_failure naming `what` after `timeout_ns`.
  void until(const std::string& what, std::int64_t timeout_ns, const std::function<bool()>& done);

 private:
  void control(int operation, int fd, pollable& what, std::uint32_t events);
  int epoll_;
};

}  // namespace bench
