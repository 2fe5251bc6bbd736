#pragma once
// The directory of a store: made, closed to other users, and looked at before RocksDB opens it.
// Private to this folder.

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "model/failure.hpp"

namespace chat {

/// Creates the directory where it is missing, and takes the rights of others away from it. Answers
/// whether RocksDB may create a store in it.
/// Errors: not a directory, not writable, open to others and with other files in it, files of
/// another user, damaged.
result<bool> prepare_directory(const std::filesystem::path& directory);

/// Directories in the data directory while a repaired store takes the place of a damaged one
/// (repair.cpp): until they are gone there is none that a node may use.
inline constexpr const char* repair_made = "repair.made";
inline constexpr const char* repair_incoming = "repair.incoming";
bool is_under_repair(const std::filesystem::path& directory);
/// Whether any of RocksDB's files is there that a store cannot do without.
bool holds_store(const std::filesystem::path& directory);
/// What was created, renamed or removed in the directory is on the disk: it survives a power cut.
std::error_code sync_directory(const std::filesystem::path& directory);

/// Allocates so many bytes there and gives them back.
result<void> probe_space(const std::filesystem::path& directory, std::uint64_t bytes);

}  // namespace chat
