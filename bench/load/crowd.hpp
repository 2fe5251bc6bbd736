#pragma once
// All the WebSockets of a run: joins them, speaks for them, and holds every message that arrives
// against what the room's other members got.

#include <netinet/in.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/client_frame.hpp"
#include "bench/load/histogram.hpp"
#include "bench/load/member.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/room_log.hpp"
#include "bench/load/run_failure.hpp"

namespace bench {

/// What is counted while `measuring`.
struct traffic {
  std::uint64_t deliveries = 0;  ///< messages that reached a member
  std::uint64_t messages = 0;    ///< messages that reached their first member
  histogram latency;             ///< of every delivery, from when its message was to be sent
};

/// Whoever speaks: a member, or an agent without a socket.
struct author {
  std::uint64_t said = 0;
  std::uint64_t published = 0;       ///< of them, how many the room has sent to somebody
  std::deque<std::int64_t> said_ns;  ///< when, of the others
};

/// Promises it holds the server to: each member gets each message of its room from its welcome on,
/// once and in order; all members get the same bytes; each author's messages come in the order it
/// said them; ids rise. What breaks one throws run_failure, as does a socket that ends unasked.
/// Thread: one.
class crowd {
 public:
  /// `text_bytes`: how long the texts are that members send; at least 24.
  crowd(poller& sockets, const sockaddr_in& server, std::size_t text_bytes, std::uint32_t rooms);
  ~crowd();
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  /// Starts a connection to `target`, a path with its query. The member stays valid until the
  /// crowd ends; its socket may close before.
  member& connect(std::uint32_t room, const std::string& target, bool deaf = false);
  /// Ends a connection from this side, with a close frame.
  void leave(member& m);
  /// Has a deaf member listen again, only to learn with which code it was closed.
  void listen_again(member& m);

  /// Sends the member's next message. `at_ns`: when it was to be sent; latency counts from it.
  void say(member& m, std::int64_t at_ns);
  /// The text of the next message of somebody without a socket, who is made by `new_author`.
  std::string next_text(std::uint32_t who, std::int64_t at_ns);
  std::uint32_t new_author();

  /// Turns until all that was said is published and everybody has all of it; says who misses what.
  void drain(std::int64_t timeout_ns);

  const std::vector<std::unique_ptr<member>>& members() const { return members_; }
  std::size_t open_count() const { return open_; }
  const room_log& log(std::uint32_t room) const { return logs_[room]; }

  bool measuring = false;
  traffic counted;
  /// A member's own message came back: the moment a closed loop sends the next one.
  std::function<void(member&, std::int64_t now)> on_own = [](member&, std::int64_t) {};
  /// It is in: the welcome came.
  std::function<void(member&, std::int64_t now)> on_open = [](member&, std::int64_t) {};
  std::function<void(member&)> on_closed = [](member&) {};
  /// For the floor, which sends back the bytes it gets: whole frames, as a node would make them.
  bool ready_made_frames = false;

 private:
  friend struct member;
  void on_ready(member& m, std::uint32_t events);
  void on_connected(member& m);
  void on_readable(member& m);
  void on_bytes(member& m, std::string_view bytes, std::int64_t now);
  std::size_t on_upgrade_answer(member& m, std::string_view bytes);
  void on_frame(member& m, const server_frame& frame, std::int64_t now);
  void on_welcome(member& m, std::string_view payload, std::int64_t now);
  void on_message(member& m, std::string_view payload, std::int64_t now);
  bool comes_early(const member& m) const;
  void take_early(std::int64_t now);
  void take(member& m, std::string_view payload, std::int64_t now);
  void place(member& m, std::string_view payload);
  void write_down(member& m, std::string_view payload);
  void close(member& m);
  void flush(member& m);
  std::uint32_t wanted_events(const member& m) const;
  const member* one_behind() const;
  void forget_heard(std::int64_t now);
  [[noreturn]] void fail(const member& m, const std::string& what) const;

  poller& sockets_;
  sockaddr_in server_;
  std::string host_;
  std::size_t text_bytes_;
  std::vector<room_log> logs_;
  std::vector<std::unique_ptr<member>> members_;
  std::vector<member*> early_;  // with messages that wait for what others have yet to get
  std::vector<author> authors_;
  std::size_t open_ = 0;
  std::int64_t next_forget_ns_ = 0;
  std::string buffer_;
};

/// `address:port`, as a Host header has it.
std::string host_of(const sockaddr_in& server);

}  // namespace bench
