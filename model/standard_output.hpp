#pragma once
// Whether what a program printed has arrived: a full disk shows only when stdout is flushed.

#include <optional>
#include <string>

namespace chat {

/// Flushes stdout. Answers why something that was printed since the start was not written, or
/// nothing. Thread: the one that prints.
std::optional<std::string> find_output_problem();

}  // namespace chat
