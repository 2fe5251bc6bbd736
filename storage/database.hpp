#pragma once
// Opening RocksDB the way a chat node needs it, and saying in one line why that did not work.
// Private to this folder.

#include <rocksdb/db.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "model/failure.hpp"

namespace chat {

using database = std::unique_ptr<rocksdb::DB>;

/// The version of the layout in codec.hpp. A store of the one before is taken over when it is
/// opened; any other is refused, older and newer.
inline constexpr int schema_version = 3;

/// What a start after kill -9 reads again at most, twice over: 15 ms a megabyte.
inline constexpr std::size_t write_buffer_bytes = 8 << 20;

/// A failure of the store, its message one line for the operator.
tl::unexpected<failure> storage_failure(std::string message, std::string suggestion);
tl::unexpected<failure> damaged(const std::filesystem::path& directory, const std::string& what);
tl::unexpected<failure> describe(const rocksdb::Status& status,
                                 const std::filesystem::path& directory);

/// Opens the store there, and creates it where the directory holds none. Waits so long for another
/// process that has it open.
result<database> open_or_create(const std::filesystem::path& directory,
                                std::chrono::milliseconds patience);
/// Opens a store that was open before. Never creates: a directory emptied meanwhile must not
/// become a store without its past.
result<database> open_again(const std::filesystem::path& directory);

/// Allocates so many bytes there and gives them back.
result<void> probe_space(const std::filesystem::path& directory, std::uint64_t bytes);

}  // namespace chat
