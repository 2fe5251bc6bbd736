#include "net/corked_socket.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "model/limits.hpp"

namespace chat {

namespace {

// Parts handed to the kernel in one write; more than a turn brings in practice.
constexpr std::size_t parts_per_write_max = 64;
// Room for frames an idle socket keeps; more is given back.
constexpr std::size_t idle_frames_max = 4;
// Encrypted at once, for one write. More stays plain until that is with the kernel.
constexpr std::size_t encrypted_bytes_max = 64 * 1024;
static_assert(encrypted_bytes_max + 2 * tls_stream::record_bytes_max <=
              limits::tls_output_bytes_max);

}  // namespace

corked_socket::corked_socket(unique_fd fd, loop& home, seat place)
    : home_(home), fd_(std::move(fd)), place_(std::move(place)) {
  const int on = 1;
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // else it is only slower
  events_ = EPOLLIN | EPOLLRDHUP;
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

// --- TLS -----------------------------------------------------------------------------------------

void corked_socket::start_tls(tls_session session) {
  tls_ = std::make_unique<tls_stream>(std::move(session), fd_.get());
}

tls_stream::handshake_state corked_socket::handshake() {
  const auto state = tls_->handshake();
  if (!tls_->output().empty()) touch();
  return state;
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
  const bool has_hung_up = (events & EPOLLRDHUP) != 0;
  const std::uint32_t told = has_hung_up ? EPOLLIN | EPOLLRDHUP : EPOLLIN;
  want(events_ & ~told);
  if (has_hung_up) owner_->on_hung_up();
}

// What was read first may be all that the peer sends: the poll set knows nothing of it.
void corked_socket::end_turn() {
  flush();
  if (tls_ && tls_->has_unread() && reads_) owner_->on_readable();
}

void corked_socket::want(std::uint32_t events) {
  if (!fd_ || events == events_) return;
  events_ = events;
  home_.sockets().change(fd_.get(), *this, events_);
}

void corked_socket::read_on(bool wanted) {
  reads_ = wanted;
  if (!wanted) return;
  want(events_ | EPOLLIN);
  if (tls_ && tls_->has_unread()) touch();
}

corked_socket::reading corked_socket::read(std::span<char> into) {
  if (!fd_) return {read_outcome::end, 0};
  const auto got = tls_ ? tls_->read(into) : ::recv(fd_.get(), into.data(), into.size(), 0);
  const bool is_end = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  if (tls_) look_after_tls();
  if (is_end) return {read_outcome::end, 0};
  if (got > 0) return {read_outcome::some, static_cast<std::size_t>(got)};
  return {};
}

// OpenSSL may have more to read, or something to say; or it is over.
void corked_socket::look_after_tls() {
  if (tls_->has_failed()) {
    say_last_words();
    on_failed();
  }
  if (tls_->has_unread() || !tls_->output().empty()) touch();
}

void corked_socket::give_up_after(std::chrono::milliseconds silence) {
  const auto ms = static_cast<unsigned>(silence.count());
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));  // else it takes longer
}

bool corked_socket::has_delivered_all() const {
  if (!is_open() || queued_bytes() > 0) return false;
  tcp_info state{};
  socklen_t size = sizeof(state);
  int on_the_way = 0;
  return ::getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &state, &size) == 0 &&
         (state.tcpi_state == TCP_ESTABLISHED || state.tcpi_state == TCP_CLOSE_WAIT) &&
         ::ioctl(fd_.get(), SIOCOUTQ, &on_the_way) == 0 && on_the_way == 0;
}

// --- Writing -------------------------------------------------------------------------------------

void corked_socket::push(frame bytes) {
  if (bytes.empty() || shut_when_empty_ || shut_ || !is_open()) return;
  queued_bytes_ += bytes.size();
  home_.on_queued(bytes.size());
  queue_.push_back(std::move(bytes));
  if ((events_ & EPOLLOUT) == 0) touch();
}

void corked_socket::touch() {
  if (touched_at_ == untouched) home_.touch(*this);
}

void corked_socket::drop_queued() {
  const std::size_t keep = first_ + (begun_bytes_ > 0 ? 1 : 0);
  while (queue_.size() > keep) {
    queued_bytes_ -= queue_.back().size();
    home_.on_unqueued(queue_.back().size());
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
    if (tls_ && is_open() && queue_.empty()) say_last_words();
    tls_.reset();
    home_.sockets().remove(fd_.get(), *this);
    fd_.reset();
    place_.leave();
  }
  forget_queue();
}

// Of TLS, as far as the kernel takes them at once: its goodbye, or why there was no handshake.
void corked_socket::say_last_words() {
  tls_->end();
  const auto bytes = tls_->output();
  if (!bytes.empty()) ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
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
  home_.on_unqueued(bytes);
  bytes += std::exchange(begun_bytes_, 0u);
  while (first_ < queue_.size() && bytes >= queue_[first_].size()) {
    bytes -= queue_[first_].size();
    queue_[first_++] = {};
  }
  begun_bytes_ = static_cast<std::uint32_t>(bytes);
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
  if (tls_) return flush_tls();
  while (first_ < queue_.size()) {
    const auto wanted = queued_bytes_;
    const bool in_parts = queue_.size() - first_ > parts_per_write_max;
    const auto written = write_some();
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return on_failed();
    if (written > 0) consume(static_cast<std::size_t>(written));
    if (written < 0 || (!in_parts && static_cast<std::size_t>(written) < wanted))
      return want(events_ | EPOLLOUT);
  }
  on_flushed();
}

void corked_socket::flush_tls() {
  while (true) {
    if (!encrypt_some()) return on_failed();
    const auto bytes = tls_->output();
    if (bytes.empty()) return on_flushed();
    const auto written = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return on_failed();
    if (written > 0) tls_->consume_output(static_cast<std::size_t>(written));
    if (!tls_->output().empty()) return want(events_ | EPOLLOUT);
  }
}

// Frames are short: gathered, many of them are one record.
bool corked_socket::encrypt_some() {
  std::array<char, tls_stream::record_bytes_max> record;
  while (first_ < queue_.size() && tls_->output().size() < encrypted_bytes_max) {
    std::size_t size = 0;
    for (auto i = first_; i < queue_.size() && size < record.size(); ++i) {
      const auto bytes = queue_[i].bytes().substr(i == first_ ? begun_bytes_ : 0);
      size += bytes.copy(record.data() + size, record.size() - size);
    }
    if (!tls_->write({record.data(), size})) return false;
    consume(size);
  }
  if (shut_when_empty_ && queue_.empty()) tls_->end();
  return true;
}

// The peer is gone. The poll set says so too, and by that way the owner hears of it: here it may be
// in the middle of something.
void corked_socket::on_failed() {
  broken_ = true;
  forget_queue();
}

void corked_socket::forget_queue() {
  if (tls_) tls_->consume_output(tls_->output().size());
  queue_ = {};
  home_.on_unqueued(queued_bytes_);
  first_ = queued_bytes_ = 0;
  begun_bytes_ = 0;
}

void corked_socket::on_flushed() {
  if (shut_when_empty_ && !std::exchange(shut_, true)) ::shutdown(fd_.get(), SHUT_WR);
  owner_->on_flushed();
}

}  // namespace chat
