#pragma once
// The answer of a write, kept for its retries.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chat {

/// What one call answered, by its user and the id that the user gave it.
struct kept_answer {
  std::string user_id;
  std::string key;
  std::int64_t kept_ms = 0;  ///< since the Unix epoch, by the wall clock
  std::string fingerprint;   ///< of the command and its input
  std::string json;          ///< the whole CommandResult
};

/// Some of the answers that a store keeps.
struct swept_answers {
  std::string next;                                       ///< go on from here; empty at the end
  std::vector<std::pair<std::string, std::size_t>> left;  ///< of those looked at, by user
};

}  // namespace chat
