#pragma once
// One HTTP/1.1 connection: reads requests, hands them to doors, writes the answers in order.
//
// The next request is taken up when the answer to the one before is given and the client has read
// most of what was written: a client that pipelines and never reads costs a bounded queue. Nothing
// is read while a door works, so what comes stays with the peer's TCP.
//
//          +--------------------------------------------------+
//          v                                                  |
//   idle -> reading -> working -> [full: the outbox first] ---+
//                         |-> streaming   a body without end
//                         |-> flushing    last bytes to a client that sends no more
//                         |-> lingering   the last answer; what still comes is thrown away
//                         `-> over        or the socket moved on: a WebSocket, a room's events

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/corked_socket.hpp"
#include "net/http_config.hpp"
#include "net/loop.hpp"
#include "net/request_reader.hpp"

namespace chat {

/// Thread: its loop's. It keeps itself alive until it is over; a door that may still answer holds
/// it a little longer.
class http_connection final : public watched,
                              private corked_socket::owner,
                              public std::enable_shared_from_this<http_connection> {
 public:
  /// `doors` and its configuration outlive the connection. The socket belongs to their loop.
  http_connection(socket_ptr socket, const door_context& doors);
  ~http_connection() override;
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Starts reading. Called once.
  void start();

  void on_tick(steady_time now) override;
  /// Ends the connection: at once when idle, else with the answer at work.
  void on_drain() override;

 private:
  enum class phase { idle, reading, working, full, streaming, flushing, lingering, over };
  class ticket;

  template <class Work>
  void guarded(Work&& work) noexcept;
  void enter(phase next, std::chrono::milliseconds timeout);

  void on_readable() override;
  void on_flushed() override;
  void on_hung_up() override;
  void on_broken() override { end(); }
  void read();
  void discard();
  void on_end_of_input();

  void parse();
  void refuse(http_response why);
  void on_request();
  responder make_responder();
  void upgrade_to_websocket(http_request request);
  template <class Taker>
  void give_away(Taker&& take);

  void on_answer(http_response response);
  void open_stream(http_response response);
  void on_stream_bytes(std::string bytes);
  void next_request();
  void when_flushed(std::function<void()> then);
  void flush_and_end();
  void linger();
  void end();

  const door_context& doors_;
  socket_ptr socket_;
  request_reader reader_;
  std::shared_ptr<http_stream> stream_;
  std::shared_ptr<http_connection> self_;  // from the start to the end
  std::function<void()> when_flushed_;
  interest_ptr still_wanted_;  // the answer at work
  std::string peer_;
  std::string origin_;  // whose page may read the answer to the request at work; empty: no page's
  steady_time deadline_{};
  phase phase_ = phase::idle;
  bool keep_alive_ = true;  // says the request at work
  bool head_only_ = false;  // it is a HEAD
  bool draining_ = false;   // the next answer is the last one
  bool told_ = false;       // that the node is stopping
  bool came_late_ = false;  // while it was stopping already
};

}  // namespace chat
