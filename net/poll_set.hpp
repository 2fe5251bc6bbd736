#pragma once
// The descriptors of one loop, in an epoll of their own.
//
// Asio's reactor is edge-triggered: waiting for one socket costs it an epoll_ctl a time, and
// reading without waiting costs a read that fails. A level-triggered set costs neither: one system
// call tells of up to 256 sockets, and each message is one read. The set itself is one descriptor
// that Asio waits for (net/loop.cpp).

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace chat {

/// Something with a descriptor that waits in a poll_set.
class pollable {
 public:
  /// `events` are epoll's, level-triggered: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. May remove and
  /// destroy itself and others.
  virtual void on_ready(std::uint32_t events) noexcept = 0;

 protected:
  ~pollable() = default;
};

/// Thread: its loop's. Whoever is in it removes itself before it goes.
class poll_set {
 public:
  /// Throws std::system_error when the process has no descriptor left.
  poll_set();
  ~poll_set();
  poll_set(const poll_set&) = delete;
  poll_set& operator=(const poll_set&) = delete;

  /// Readable while one of those inside is ready.
  int descriptor() const { return epoll_; }

  /// False when the system has no memory for another one.
  [[nodiscard]] bool add(int fd, pollable& who, std::uint32_t events);
  void change(int fd, pollable& who, std::uint32_t events);
  /// Also forgets what is ready for it in the turn at hand.
  void remove(int fd, const pollable& who);

  /// For what takes long: whether it may be done by one of those that are ready now. Most get a no
  /// when there are many; they leave what is there unread, and are called again behind the others.
  bool may_take_long() { return long_left_ > 0 && long_left_-- > 0; }

  /// Calls on_ready of those that are ready now; at most 256, the others the next time. Answers how
  /// many they were.
  std::size_t handle_ready();

 private:
  static constexpr int events_per_turn = 256;

  int epoll_;
  std::array<epoll_event, events_per_turn> events_{};
  int next_ = 0;  // of the turn at hand
  int count_ = 0;
  int long_left_ = 0;
};

}  // namespace chat
