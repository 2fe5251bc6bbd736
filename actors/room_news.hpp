#pragma once
// Who wants to hear when the list of rooms changes: a room comes, changes or goes, or somebody
// enters or leaves one.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "model/caller.hpp"
#include "model/room.hpp"

namespace chat {

/// Thread: any. Costs one look at a number while nobody listens. Limits: whoever listens bounds
/// how many do.
class room_news : public std::enable_shared_from_this<room_news> {
 public:
  /// Calls `changed` after every change of a room that `who` may see, as long as the object lives.
  /// It is called under a lock, on the thread of the change: it must be quick and may not listen
  /// or let go of a listener itself.
  std::shared_ptr<void> listen(caller who, std::function<void()> changed);
  void tell(const room_definition& room) const;

 private:
  struct listener {
    caller who;
    std::function<void()> changed;
  };

  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::uint64_t, listener> listeners_;
  std::uint64_t made_ = 0;
};

}  // namespace chat
