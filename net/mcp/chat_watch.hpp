#pragma once
// Watches of rooms: one parked chat-poll after the other, as the client itself could do it, so that
// it sees what it may see and no more. The list of rooms is told of by those who change it.

#include <atomic>
#include <memory>

#include "net/mcp/service.hpp"

namespace chat::mcp {

/// Counts the watches of a node, which are bounded. Thread: any.
class watch_places : public std::enable_shared_from_this<watch_places> {
 public:
  /// Held as long as the object; null when all are taken.
  std::shared_ptr<void> take();

 private:
  std::atomic<std::size_t> taken_{0};
};

/// See service::watch.
void watch_rooms_resource(const std::shared_ptr<watch_places>& places, const exchange_ptr& x,
                          const std::string& uri, std::function<void()> changed,
                          service::watch_reply then);

}  // namespace chat::mcp
