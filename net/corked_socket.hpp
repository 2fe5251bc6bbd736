#pragma once
// A TCP socket that writes once per turn of its loop, whatever was queued; through TLS if it is
// told so.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/frame.hpp"
#include "net/admission.hpp"
#include "net/loop.hpp"
#include "net/poll_set.hpp"
#include "net/tls_stream.hpp"
#include "net/unique_fd.hpp"

namespace chat {

/// Thread: its loop's. Everything enters the queue as whole WebSocket frames or HTTP messages, so
/// that frames shared by a room and a connection's own never mix. It bounds nothing: its owner
/// looks at held_bytes().
class corked_socket final : private pollable {
 public:
  /// Who owns a socket and hears of it. Every call may end the owner, and the socket with it.
  class owner {
   public:
    /// There is something to read, or the end: called while reading is on, until it is read.
    virtual void on_readable() = 0;
    /// The queue has become empty. This alone must not end the owner.
    virtual void on_flushed() {}
    /// The peer sends no more, as when it hangs up, though reading is off: told once.
    virtual void on_hung_up() {}
    /// The connection broke while reading was off: nothing will come, nothing will go.
    virtual void on_broken() = 0;

   protected:
    ~owner() = default;
  };

  enum class read_outcome { some, nothing, end };
  struct reading {
    read_outcome outcome = read_outcome::nothing;
    std::size_t bytes = 0;
  };

  /// Takes the descriptor, which is open and non-blocking. Reading is off. A socket the loop has no
  /// memory for is closed from the start. Its place is free when it is closed.
  corked_socket(unique_fd fd, loop& home, seat place);
  corked_socket(const corked_socket&) = delete;
  corked_socket& operator=(const corked_socket&) = delete;
  ~corked_socket();

  loop& home() const { return home_; }
  void belong_to(owner& who) { owner_ = &who; }
  bool is_open() const { return fd_ && !broken_; }
  seat& place() { return place_; }
  /// What is read and written goes through TLS.
  bool is_secure() const { return tls_ != nullptr; }
  /// The peer's address, for logs; empty when it is gone.
  std::string peer() const;

  /// Speaks TLS from now on, before anything was read or written. Until handshake, called whenever
  /// there is something to read, says that it is done, nothing may be read or pushed.
  void start_tls(tls_session session);
  tls_stream::handshake_state handshake();
  /// After it failed: why.
  const char* why_tls_failed() const { return tls_->why_failed(); }
  /// Goes on without, to answer a client that came without.
  void stop_tls() { tls_.reset(); }

  /// Whether on_readable is wanted. Costs a system call only when something comes while it is off.
  void read_on(bool wanted);
  /// Reads once what is there, without waiting. `end`: the peer sends no more, or is gone.
  reading read(std::span<char> into);

  /// A peer that acknowledges nothing for so long, or takes nothing, is gone: the kernel says so.
  void give_up_after(std::chrono::milliseconds silence);
  /// Whether the peer's TCP has all that was pushed and was not reset: also of one that has said
  /// goodbye, which it does in that way only when it has read everything it got.
  bool has_delivered_all() const;

  /// Queues bytes and has them written at the end of the turn. Ignored once the socket is closed
  /// or its write side shut.
  void push(frame bytes);
  /// Bytes queued and not yet with the kernel, encrypted or not.
  std::size_t queued_bytes() const {
    return tls_ ? queued_bytes_ + tls_->output().size() : queued_bytes_;
  }
  /// What the queue costs in memory: the smallest frame of two bytes is an allocation, too.
  std::size_t held_bytes() const {
    return queued_bytes() + (queue_.size() - first_) * frame_cost_bytes;
  }
  /// Forgets everything queued but the frame already begun, which the peer needs to stay in step.
  void drop_queued();
  /// No more writes after what is queued; the peer sees the end of the stream.
  void shutdown_after_flush();
  /// Ends everything at once. The owner hears nothing more.
  void close();

 private:
  friend class loop;
  static constexpr std::size_t untouched = static_cast<std::size_t>(-1);
  // A frame besides its bytes: its place in the queue, its counts and its string.
  static constexpr std::size_t frame_cost_bytes = 96;

  void on_ready(std::uint32_t events) noexcept override;
  void end_turn();  // of the loop, which calls it when it was touched
  void want(std::uint32_t events);
  void touch();
  void flush();  // one write of all that is queued
  void flush_tls();
  bool encrypt_some();
  void on_flushed();
  long write_some();
  void consume(std::size_t bytes);
  void look_after_tls();
  void on_failed();
  void forget_queue();
  void say_last_words();

  loop& home_;
  owner* owner_ = nullptr;
  std::vector<frame> queue_;
  std::size_t first_ = 0;  // of queue_, that is not yet written
  std::size_t queued_bytes_ = 0;
  std::size_t touched_at_ = untouched;
  std::unique_ptr<tls_stream> tls_;  // null without
  unique_fd fd_;
  seat place_;
  std::uint32_t events_ = 0;       // what the poll set waits for
  std::uint32_t begun_bytes_ = 0;  // of the first frame, already with the kernel or encrypted
  bool reads_ = false;
  bool broken_ = false;
  bool shut_when_empty_ = false;
  bool shut_ = false;
};

using socket_ptr = std::unique_ptr<corked_socket>;

}  // namespace chat
