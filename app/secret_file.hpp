#pragma once
// Small files of secrets and keys.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "model/failure.hpp"

namespace chat {

/// The whole file. VALIDATION_ERROR when it cannot be read or is larger than `bytes_max`; `option`
/// is the flag that names it, for the suggestion.
result<std::string> read_file(const std::filesystem::path& file, std::string_view option,
                              std::size_t bytes_max);
/// The same; refused when others than its owner may read or write it.
result<std::string> read_secret_file(const std::filesystem::path& file, std::string_view option,
                                     std::size_t bytes_max);

/// Gives a file that root makes to whom its folder belongs: else a node that runs as another user
/// could not read it. Nothing for other users, or where it cannot be. `fd` is the file's.
void give_to_owner_of_folder(int fd, const std::filesystem::path& file);

/// Writes it whole or not at all, for its owner only; on the disk when this returns. Written by
/// root it belongs to whom its folder belongs.
result<void> write_secret_file(const std::filesystem::path& file, std::string_view option,
                               std::string_view text);

}  // namespace chat
