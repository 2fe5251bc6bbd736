#include "actors/context.hpp"

#include <caf/all.hpp>

namespace chat {

std::int64_t node_time_ms(caf::local_actor& self, const node_context& node) {
  using namespace std::chrono;
  const auto clock = duration_cast<milliseconds>(self.clock().now().time_since_epoch()).count();
  return node.started_ms + clock - node.started_clock_ms;
}

}  // namespace chat
