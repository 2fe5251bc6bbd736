#pragma once
// Opening RocksDB the way a chat node needs it, and saying in one line why that did not work.
// Private to this folder.

#include <rocksdb/db.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "model/failure.hpp"
#include "storage/data_directory.hpp"

namespace chat {

using database = std::unique_ptr<rocksdb::DB>;

/// The version of the layout in codec.hpp. A store of an older one is taken over when it is
/// opened; a newer one is refused.
inline constexpr int schema_version = 5;

/// What a start after kill -9 reads again at most, twice over: 15 ms a megabyte.
inline constexpr std::size_t write_buffer_bytes = 8 << 20;

/// A failure of the store, its message one line for the operator.
tl::unexpected<failure> storage_failure(std::string message, std::string suggestion);
tl::unexpected<failure> damaged(const std::filesystem::path& directory, const std::string& what);
tl::unexpected<failure> describe(const rocksdb::Status& status,
                                 const std::filesystem::path& directory);

/// How a store of chatd's is opened. `may_create` where the directory holds none.
rocksdb::Options database_options(bool may_create);
/// True while another process, or this one, has it open.
bool is_in_use(const rocksdb::Status& status);
/// Refuses what is not a store of our version. Marks an empty one as such, if it may.
result<void> check_schema(rocksdb::DB& db, const std::filesystem::path& directory, bool may_mark);

/// A store, and whether it holds nothing because it has just been made.
struct opened_database {
  database db;
  bool is_new = false;
};
/// Opens the store there, and creates it where the directory holds none. While another process has
/// it open, tries again for as long as `may_wait` says; empty: not at all.
result<opened_database> open_or_create(const std::filesystem::path& directory,
                                       const std::function<bool()>& may_wait);
/// Opens a store that was open before. Never creates: a directory emptied meanwhile must not
/// become a store without its past.
result<database> open_again(const std::filesystem::path& directory);

}  // namespace chat
