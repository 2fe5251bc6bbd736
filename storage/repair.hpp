#pragma once
// Makes a damaged store usable again, with all of it that can still be read.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/failure.hpp"

namespace chat {

/// What a store holds after its repair, and what that took.
struct repair_report {
  std::uint64_t rooms = 0, sessions = 0, messages = 0;  ///< there and readable now
  std::vector<std::string> lost;  ///< what could not be read, a line each; the first hundred
  std::filesystem::path damaged;  ///< where the files as they were lie; empty: nothing was changed
};

/// Reads every byte of the store there. Where that works, it is as it was, and the report names no
/// place of damaged files. Else a new store is made of what can be read and takes its place; the
/// old files are moved into a directory `damaged-N` of it, none is removed. Needs space for what
/// the log held, since tables are linked, not copied. Ended in the middle, it goes on when called
/// again. Takes as long as reading it all. No node may use the store: that is refused, as is what
/// is no store or one of another schema version. The failure is one line for the operator.
result<repair_report> repair_store(const std::filesystem::path& directory);

}  // namespace chat
