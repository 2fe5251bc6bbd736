#pragma once
// What /stream/ sends: chunks, each one `data:` line of server-sent events (contract, section 7).

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "actors/command_call.hpp"

namespace chat {

/// `data` is JSON.
std::string data_chunk(std::string_view data, std::size_t index, bool is_last);
/// Something to tell of a stream that is no data of it; `warning` is JSON.
std::string progress_chunk(std::string_view message, std::string_view warning);

/// A stream's chunks so far, and how it ends.
class stream_end {
 public:
  using clock = std::chrono::steady_clock;
  explicit stream_end(clock::time_point began) : began_(began) {}

  std::size_t chunks = 0;

  /// `members` are those of the chunk that say more, as JSON without braces; may be empty.
  std::string complete(std::string_view members = {}) const;
  /// `error` is JSON.
  std::string error(std::string_view error, bool recoverable) const;

 private:
  clock::time_point began_;
};

/// Everything an answered call has to say: a list is one chunk an item, anything else is one chunk.
/// Uses the thread's JSON parser.
std::string chunks_of(const command_answer& answer, stream_end end);
/// The error chunk of a failed call.
std::string error_chunk(const command_answer& answer, const stream_end& end);

}  // namespace chat
