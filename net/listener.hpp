#pragma once
// Accepts connections and deals them out to the loops in turn.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/failure.hpp"
#include "net/admission.hpp"
#include "net/asio.hpp"
#include "net/corked_socket.hpp"
#include "net/loop.hpp"

namespace chat {

/// What is spoken at an address.
enum class transport { plain, tls };

struct listen_address {
  tcp::endpoint where;
  transport how = transport::plain;
};

/// `address:port`, `[v6]:port` or `localhost:port`, behind `http://`, `https://` or nothing, which
/// is `otherwise`. The failure says what is wrong with the text.
result<listen_address> parse_listen_address(std::string_view text,
                                            transport otherwise = transport::plain);
/// `address:port`.
std::string to_string(const tcp::endpoint& where);
/// As parse_listen_address takes it, with its scheme.
std::string to_url(const listen_address& address);

/// Whom the admission has no place for is told so (503 or 429, where no TLS is in the way) and
/// closed. Out of descriptors, accepting pauses for accept_pause; whoever waits is served then.
/// Each such burst is one line in the log.
class listener {
 public:
  /// Gets each connection on its loop's thread, with what it has to speak; nothing is read of it.
  using accept_handler = std::function<void(socket_ptr, transport)>;

  /// The loops and the admission outlive the listener; sockets are accepted on the first loop.
  listener(std::vector<loop*> loops, admission& places, accept_handler on_accept);
  /// Stops, if stop was not called. The loops have ended or never accept for it again.
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Binds and listens; connections wait until start. Answers where, with the port the system
  /// chose for port 0. Before start, as often as there are addresses. With `shares` also where
  /// another process of this user listens that lets itself be shared.
  result<listen_address> listen(listen_address address, bool shares = false);
  /// The same with a socket that listens already: one that another process made and keeps.
  result<listen_address> adopt(unique_fd socket, transport how);
  /// Lets another process of this user listen at the same addresses from now on (SO_REUSEPORT).
  void share();
  /// Leaves new connections to the other process that listens at the same addresses by now, and
  /// goes on taking those whose handshake has begun (SO_ATTACH_REUSEPORT_CBPF, socket(7)). Sockets
  /// that were adopted are left to it whole. Thread: any.
  void yield();
  /// Starts accepting. Thread: any.
  void start();
  /// Stops accepting, soon; whoever waits in the kernel is taken before. Thread: any.
  void stop();

 private:
  class burst;
  enum class made_by;
  struct shared;
  class port;

  std::shared_ptr<shared> shared_;
  std::vector<std::shared_ptr<port>> ports_;
};

}  // namespace chat
