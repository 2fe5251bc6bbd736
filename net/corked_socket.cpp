#include "net/corked_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace chat {

namespace {

// Parts handed to the kernel in one write; more than a turn brings in practice.
constexpr std::size_t parts_per_write_max = 64;
// Room for frames an idle socket keeps; more is given back.
constexpr std::size_t idle_frames_max = 4;

}  // namespace

corked_socket::corked_socket(unique_fd fd, loop& home) : home_(home), fd_(std::move(fd)) {
  const int on = 1;
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // else it is only slower
  events_ = EPOLLIN;
  if (!home_.sockets().add(fd_.get(), *this, events_)) fd_.reset();
}

corked_socket::~corked_socket() { close(); }

std::string corked_socket::peer() const {
  sockaddr_storage where{};
  socklen_t size = sizeof(where);
  if (getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0) return {};
  tcp::endpoint endpoint;
  endpoint.resize(size);
  std::copy_n(reinterpret_cast<const char*>(&where), size,
              reinterpret_cast<char*>(endpoint.data()));
  return endpoint.address().to_string();
}

// --- Being ready ---------------------------------------------------------------------------------

// One thing at a time: either call may end this socket, and what else is ready is told again.
void corked_socket::on_ready(std::uint32_t events) noexcept {
  if ((events & EPOLLOUT) != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0) {
    want(events_ & ~static_cast<std::uint32_t>(EPOLLOUT));
    return flush();
  }
  if (reads_) return owner_->on_readable();
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return owner_->on_broken();
  want(events_ & ~static_cast<std::uint32_t>(EPOLLIN));
}

void corked_socket::want(std::uint32_t events) {
  if (!fd_ || events == events_) return;
  events_ = events;
  home_.sockets().change(fd_.get(), *this, events_);
}

void corked_socket::read_on(bool wanted) {
  reads_ = wanted;
  if (wanted) want(events_ | EPOLLIN);
}

corked_socket::reading corked_socket::read(std::span<char> into) {
  if (!fd_) return {read_outcome::end, 0};
  const auto got = ::recv(fd_.get(), into.data(), into.size(), 0);
  if (got > 0) return {read_outcome::some, static_cast<std::size_t>(got)};
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  return {read_outcome::end, 0};
}

// --- Writing -------------------------------------------------------------------------------------

void corked_socket::push(frame bytes) {
  if (bytes.empty() || shut_when_empty_ || shut_ || !is_open()) return;
  queued_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  touch();
}

void corked_socket::touch() {
  if (touched_at_ == untouched && (events_ & EPOLLOUT) == 0) home_.touch(*this);
}

void corked_socket::drop_queued() {
  const std::size_t keep = first_ + (begun_bytes_ > 0 ? 1 : 0);
  while (queue_.size() > keep) {
    queued_bytes_ -= queue_.back().size();
    queue_.pop_back();
  }
}

void corked_socket::shutdown_after_flush() {
  shut_when_empty_ = true;
  touch();
}

void corked_socket::close() {
  if (touched_at_ != untouched) home_.untouch(*this);
  if (fd_) {
    home_.sockets().remove(fd_.get(), *this);
    fd_.reset();
  }
  queue_ = {};
  first_ = queued_bytes_ = begun_bytes_ = 0;
}

// What the kernel took; negative with errno when it took nothing.
long corked_socket::write_some() {
  if (queue_.size() - first_ == 1) {
    const auto bytes = queue_[first_].bytes().substr(begun_bytes_);
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  std::array<iovec, parts_per_write_max> parts;
  std::size_t count = 0;
  for (auto i = first_; i < queue_.size() && count < parts.size(); ++i) {
    auto bytes = queue_[i].bytes();
    if (count == 0) bytes.remove_prefix(begun_bytes_);
    parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = count;
  return ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL);
}

void corked_socket::consume(std::size_t bytes) {
  queued_bytes_ -= bytes;
  bytes += std::exchange(begun_bytes_, 0);
  while (first_ < queue_.size() && bytes >= queue_[first_].size()) {
    bytes -= queue_[first_].size();
    queue_[first_++] = {};
  }
  begun_bytes_ = bytes;
  if (first_ == queue_.size()) {
    queue_.clear();
    first_ = 0;
    if (queue_.capacity() > idle_frames_max) queue_.shrink_to_fit();
  } else if (first_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void corked_socket::flush() {
  if (!is_open() || (events_ & EPOLLOUT) != 0) return;
  while (first_ < queue_.size()) {
    const auto wanted = queued_bytes_;
    const bool in_parts = queue_.size() - first_ > parts_per_write_max;
    const auto written = write_some();
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return on_write_failed();
    if (written > 0) consume(static_cast<std::size_t>(written));
    if (written < 0 || (!in_parts && static_cast<std::size_t>(written) < wanted))
      return want(events_ | EPOLLOUT);
  }
  on_flushed();
}

// The peer is gone. The poll set says so too, and by that way the owner hears of it: here it may be
// in the middle of something.
void corked_socket::on_write_failed() {
  broken_ = true;
  queue_ = {};
  first_ = queued_bytes_ = begun_bytes_ = 0;
}

void corked_socket::on_flushed() {
  if (shut_when_empty_ && !std::exchange(shut_, true)) ::shutdown(fd_.get(), SHUT_WR);
  owner_->on_flushed();
}

}  // namespace chat
