#pragma once
// Something that is done after a while.

#include <chrono>
#include <functional>

#include "net/loop.hpp"

namespace chat::mcp {

/// Calls `then` on the loop after a while, unless the loop ends before. Thread: any.
void after(loop& home, std::chrono::milliseconds pause, std::function<void()> then);

}  // namespace chat::mcp
