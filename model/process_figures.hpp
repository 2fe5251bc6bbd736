#pragma once
// What this process takes of the machine.

#include <cstdint>

namespace chat {

/// From /proc (proc(5)); 0 where that says nothing.
struct process_figures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t cpu_micros = 0;  ///< spent since it began, in all threads
};

/// Costs 0.1 us for each open descriptor. Thread: any.
process_figures read_process_figures();
/// The same, found out for whoever asks first, and for the others limits::process_figures_age old
/// at most: for doors that strangers may knock at as often as they like. Thread: any.
process_figures recent_process_figures();

}  // namespace chat
