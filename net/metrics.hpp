#pragma once
// What the node counts, as Prometheus sees it. None of it names a room, a user or an address.

#include <span>
#include <string>

#include "model/counters.hpp"

namespace chat {

class lane;
struct node_context;

/// In Prometheus' text format 0.0.4: times in seconds, sizes in bytes. `node` may be null: then
/// its loops and its start are left out. Takes some ten microseconds a loop. Thread: any.
std::string metrics_text(const node_counters& counters, const node_context* node);

}  // namespace chat
