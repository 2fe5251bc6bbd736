#include "net/poll_set.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "model/limits.hpp"

namespace chat {

namespace {

epoll_event event_of(pollable& who, std::uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = &who;
  return e;
}

}  // namespace

poll_set::poll_set() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

poll_set::~poll_set() { ::close(epoll_); }

bool poll_set::add(int fd, pollable& who, std::uint32_t events) {
  auto e = event_of(who, events);
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

void poll_set::change(int fd, pollable& who, std::uint32_t events) {
  auto e = event_of(who, events);
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &e);  // cannot fail for one that was added
}

void poll_set::remove(int fd, const pollable& who) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);  // cannot fail for one that was added
  for (int i = next_; i < count_; ++i)
    if (events_[static_cast<std::size_t>(i)].data.ptr == &who)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

std::size_t poll_set::handle_ready() {
  long_left_ = limits::long_per_turn;
  count_ = std::max(0, epoll_wait(epoll_, events_.data(), events_per_turn, 0));
  for (next_ = 0; next_ < count_;) {
    const auto& e = events_[static_cast<std::size_t>(next_++)];
    if (auto* who = static_cast<pollable*>(e.data.ptr)) who->on_ready(e.events);
  }
  next_ = 0;
  return static_cast<std::size_t>(std::exchange(count_, 0));
}

}  // namespace chat
