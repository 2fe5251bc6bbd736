#pragma once
// All sessions of a node, and the event streams that belong to them.

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "model/limits.hpp"
#include "net/loop.hpp"
#include "net/mcp/session.hpp"

namespace chat::mcp {

struct session_bounds {
  std::size_t sessions = limits::mcp_sessions_max;
  std::size_t of_user = limits::mcp_sessions_per_user;
  std::size_t streams = limits::sse_streams_max;
  std::chrono::milliseconds idle_timeout = limits::mcp_session_idle_timeout;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Thread: any. Sessions end outside of the lock.
class sessions : public std::enable_shared_from_this<sessions> {
 public:
  explicit sessions(session_bounds bounds = {}) : bounds_(bounds) {}

  /// A new one; null when the node has as many as it can have. A user who has too many loses the
  /// one that was idle longest; where none is idle, the one that began or was asked first.
  session_ptr open(const std::string& user_id, session::kind what);
  /// The user's session of that id, which is not idle then; null when there is none.
  session_ptr find(const std::string& id, std::string_view user_id);
  void end(const std::string& id);
  /// A stream or a call of it is under way: it is not idle while the object lives, and from its
  /// end on the time until it counts as idle begins anew.
  std::shared_ptr<void> use(const session_ptr& of);

  /// A place for an event stream, held as long as the object; null when all are taken.
  std::shared_ptr<void> take_stream();
  /// The event stream of a session, which takes the place; a session of /sse ends with it. It ends
  /// with a reason soon after the session's newest credential is good no more, which is looked at
  /// on `home` every so often.
  std::shared_ptr<http_stream> stream_of(session_ptr of, std::shared_ptr<void> place, loop& home,
                                         std::chrono::milliseconds credential_interval);

  std::size_t size() const;
  std::size_t stream_count() const;

 private:
  class stream;
  using clock = std::chrono::steady_clock;
  struct entry {
    session_ptr what;
    clock::time_point used;
    std::size_t uses = 0;  // streams and calls under way
  };
  using by_use = std::list<entry>;  // of one user, idle longest first

  bool is_idle(const entry& e, clock::time_point now) const {
    return e.uses == 0 && now - e.used >= bounds_.idle_timeout;
  }
  void touch(by_use::iterator which);
  void stop_using(const std::string& id);
  void sweep(clock::time_point now, std::list<entry>& ended);
  void remove(by_use::iterator which, std::list<entry>& ended);

  const session_bounds bounds_;
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, by_use> users_;
  std::unordered_map<std::string, by_use::iterator> by_id_;
  std::size_t streams_ = 0;
  clock::time_point swept_{};
};

}  // namespace chat::mcp
