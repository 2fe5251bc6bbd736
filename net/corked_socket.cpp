#include "net/corked_socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace chat {

namespace {

// Parts handed to the kernel in one write; more than a turn brings in practice.
constexpr std::size_t parts_per_write_max = 64;

}  // namespace

corked_socket::corked_socket(tcp::socket socket, loop& home)
    : home_(&home), socket_(std::move(socket)) {
  error_code ignored;  // a socket that is gone already says so at the first read
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
}

corked_socket::corked_socket(corked_socket&& other) noexcept
    : home_(other.home_), socket_(std::move(other.socket_)), early_(std::move(other.early_)) {
  assert(other.queue_.empty() && other.touched_at_ == untouched && !other.waiting_writable_);
}

corked_socket::~corked_socket() {
  if (touched_at_ != untouched) home_->untouch(*this);
  if (self_) *self_ = nullptr;
}

std::string corked_socket::peer() const {
  error_code ec;
  const auto endpoint = socket_.remote_endpoint(ec);
  return ec ? std::string() : endpoint.address().to_string();
}

void corked_socket::push(frame bytes) {
  if (bytes.empty() || shut_when_empty_ || shut_ || !is_open()) return;
  queued_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  touch();
}

void corked_socket::touch() {
  if (touched_at_ == untouched && !waiting_writable_) home_->touch(*this);
}

void corked_socket::drop_queued() {
  const std::size_t keep = begun_bytes_ > 0 ? 1 : 0;
  while (queue_.size() > keep) {
    queued_bytes_ -= queue_.back().size();
    queue_.pop_back();
  }
}

void corked_socket::when_drained(std::function<void()> then) {
  drained_ = std::move(then);
  if (queue_.empty()) touch();
}

void corked_socket::shutdown_after_flush() {
  shut_when_empty_ = true;
  touch();
}

void corked_socket::close() {
  if (touched_at_ != untouched) home_->untouch(*this);
  queue_.clear();
  queued_bytes_ = begun_bytes_ = 0;
  error_code ignored;  // closing twice is fine
  socket_.close(ignored);
}

std::size_t corked_socket::read_now(asio::mutable_buffer into, error_code& ec) {
  if (!early_.empty()) {
    const auto n = std::min(early_.size(), into.size());
    std::memcpy(into.data(), early_.data(), n);
    early_.erase(0, n);
    if (early_.empty()) early_.shrink_to_fit();
    ec = {};
    return n;
  }
  return socket_.read_some(into, ec);
}

std::size_t corked_socket::write_some(error_code& ec) {
  std::array<iovec, parts_per_write_max> parts;
  std::size_t count = 0;
  for (const auto& f : queue_) {
    auto bytes = f.bytes();
    if (count == 0) bytes.remove_prefix(begun_bytes_);
    parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
    if (count == parts.size()) break;
  }
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = count;
  const auto n = ::sendmsg(socket_.native_handle(), &header, MSG_NOSIGNAL);
  if (n < 0) {
    ec = error_code(errno, boost::system::system_category());
    return 0;
  }
  return static_cast<std::size_t>(n);
}

void corked_socket::consume(std::size_t bytes) {
  queued_bytes_ -= bytes;
  bytes += std::exchange(begun_bytes_, 0);
  while (!queue_.empty() && bytes >= queue_.front().size()) {
    bytes -= queue_.front().size();
    queue_.pop_front();
  }
  begun_bytes_ = bytes;
}

void corked_socket::flush() {
  if (!is_open() || waiting_writable_) return;
  while (!queue_.empty()) {
    error_code ec;
    const auto n = write_some(ec);
    if (ec == asio::error::interrupted) continue;
    if (ec == asio::error::would_block) return wait_writable();
    if (ec) return close();  // the pending read ends and tells the connection
    const bool all = n == queued_bytes_ || queue_.size() > parts_per_write_max;
    consume(n);
    if (!all) return wait_writable();
  }
  on_flushed();
}

void corked_socket::wait_writable() {
  waiting_writable_ = true;
  if (!self_) self_ = std::make_shared<corked_socket*>(this);
  socket_.async_wait(tcp::socket::wait_write, [self = self_](error_code ec) {
    if (!*self || ec == asio::error::operation_aborted) return;
    (*self)->waiting_writable_ = false;
    (*self)->flush();
  });
}

void corked_socket::on_flushed() {
  if (shut_when_empty_ && !std::exchange(shut_, true)) {
    error_code ignored;  // a peer that is gone needs no farewell
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  if (drained_) std::exchange(drained_, nullptr)();
}

}  // namespace chat
