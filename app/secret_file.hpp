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

/// Writes it whole or not at all, for its owner only; on the disk when this returns.
result<void> write_secret_file(const std::filesystem::path& file, std::string_view option,
                               std::string_view text);

}  // namespace chat
