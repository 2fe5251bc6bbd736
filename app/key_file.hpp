#pragma once
// The file of API keys: `--keys-file`, or `api-keys.json` in the data directory.

#include <filesystem>
#include <functional>

#include "model/api_key.hpp"
#include "model/failure.hpp"

namespace chat {

/// The keys in the file; none when there is no file. The failure's message is one line.
result<api_keys> load_keys(const std::filesystem::path& file);
/// The same, but a file that is missing is a failure.
result<api_keys> read_keys(const std::filesystem::path& file);

/// Reads the file, lets `change` have the keys, and writes them back, unless that fails: whole or
/// not at all, readable by its owner only. Whoever else changes it meanwhile waits.
result<void> change_keys(const std::filesystem::path& file,
                         const std::function<result<void>(api_keys&)>& change);

}  // namespace chat
