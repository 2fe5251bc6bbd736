#pragma once
// Reads what can be read of a damaged table. Private to this folder.

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <filesystem>
#include <functional>
#include <string>

namespace chat {

/// A part of a table that cannot be read: what lies between two keys.
struct unreadable_part {
  std::string after;   ///< the last key before it; empty at the table's beginning
  std::string before;  ///< the first key behind it; empty at the table's end
  rocksdb::Status why;
};

/// Calls `visit(key, value)` for every entry that can be read, in order, while it answers OK, and
/// `miss` for every part that cannot be. Answers what `visit` answered last, or OK.
rocksdb::Status salvage_table(
    const std::filesystem::path& table,
    const std::function<rocksdb::Status(const rocksdb::Slice&, const rocksdb::Slice&)>& visit,
    const std::function<void(const unreadable_part&)>& miss);

}  // namespace chat
