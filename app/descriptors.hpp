#pragma once
// How many sockets the machine allows us.

#include <cstddef>

namespace chat {

/// As many descriptors as this process may have. Where it may not have more, accepting pauses
/// earlier, which is logged.
void raise_descriptor_limit();

/// As many connections as descriptors allow. A store that cannot open its files stops everybody: it
/// comes first. Warns where they are few.
std::size_t connections_max();

}  // namespace chat
