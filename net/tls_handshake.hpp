#pragma once
// A connection to a TLS address, until its handshake is done. Then the socket goes on as any other.

#include <functional>
#include <memory>

#include "model/counters.hpp"
#include "model/limits.hpp"
#include "net/corked_socket.hpp"
#include "net/loop.hpp"
#include "net/tls_certificate.hpp"

namespace chat {

/// What all handshakes of a node share; outlives them.
struct tls_options {
  const tls_certificate& certificate;
  node_counters& counters;
  std::chrono::milliseconds handshake_timeout = limits::tls_handshake_timeout;
  std::chrono::milliseconds linger_timeout = limits::linger_timeout;
};

/// Thread: its loop's. It keeps itself alive until it is over. Who sends nothing costs no TLS; who
/// sends HTTP is told that this is an https port.
class tls_handshake final : public watched,
                            private corked_socket::owner,
                            public std::enable_shared_from_this<tls_handshake> {
 public:
  using done_handler = std::function<void(socket_ptr)>;

  /// `on_done` gets the socket when the handshake has succeeded.
  tls_handshake(socket_ptr socket, const tls_options& options, done_handler on_done);
  ~tls_handshake() override;
  tls_handshake(const tls_handshake&) = delete;
  tls_handshake& operator=(const tls_handshake&) = delete;

  /// Starts waiting for the client's first bytes. Called once.
  void start();

  void on_tick(steady_time now) override;
  void on_drain() override { end(); }

 private:
  void on_readable() override;
  void on_broken() override { fail("the peer is gone"); }
  void proceed();
  void discard();
  void succeed();
  void fail(const char* why);
  void answer_plain_http();
  void end();

  socket_ptr socket_;
  const tls_options& options_;
  done_handler on_done_;
  std::shared_ptr<tls_handshake> self_;  // from the start to the end
  steady_time deadline_{};
  bool lingering_ = false;  // the answer to plain HTTP is out; what still comes is thrown away
};

}  // namespace chat
