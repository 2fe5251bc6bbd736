#include "bench/load/poller.hpp"

#include <unistd.h>

#include <algorithm>

#include "bench/load/clock.hpp"
#include "bench/load/run_failure.hpp"

namespace bench {

namespace {

constexpr int events_per_turn = 512;

}  // namespace

poller::poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail_with_errno("epoll");
}

poller::~poller() { ::close(epoll_); }

void poller::control(int operation, int fd, pollable& what, std::uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = &what;
  if (epoll_ctl(epoll_, operation, fd, &e) != 0) fail_with_errno("epoll");
}

void poller::turn(std::int64_t wait_ns) {
  epoll_event events[events_per_turn];
  wait_ns = std::max<std::int64_t>(wait_ns, 0);
  const timespec wait{wait_ns / ns_per_s, wait_ns % ns_per_s};
  const int count = epoll_pwait2(epoll_, events, events_per_turn, &wait, nullptr);
  if (count < 0 && errno != EINTR) fail_with_errno("epoll");
  for (int i = 0; i < count; ++i)
    static_cast<pollable*>(events[i].data.ptr)->on_ready(events[i].events);
}

void poller::until(const std::string& what, std::int64_t timeout_ns,
                   const std::function<bool()>& done) {
  const auto deadline = now_ns() + timeout_ns;
  while (!done()) {
    if (now_ns() > deadline) throw run_failure("waited too long for " + what);
    turn(10 * ns_per_ms);
  }
}

}  // namespace bench
