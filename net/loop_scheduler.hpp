#pragma once
// CAF's scheduler on the I/O loops: an actor runs on the loop that sent it a message, beside the
// sockets it serves. No thread hop, and none of CAF's polling: an event through two actors and back
// costs a fifth to a tenth of the CPU that it costs with CAF's `sharing` policy (scheduler_bench).

#include <memory>
#include <vector>

namespace caf {
class actor_system_config;
}

namespace chat {

class loop;

/// Loads the scheduler into a configuration. The loops must run while the actor system is
/// destroyed, and outlive it. One actor system a process: CAF makes modules through a plain
/// function, so the loops are handed over in a static.
void use_loop_scheduler(caf::actor_system_config& config,
                        const std::vector<std::unique_ptr<loop>>& loops);

}  // namespace chat
