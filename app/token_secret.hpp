#pragma once
// The secrets that tokens are signed with.

#include <filesystem>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "model/failure.hpp"

namespace chat {

/// What the file holds, without a line break at its end. Refused when it is shorter than 32 bytes
/// (RFC 7518, 3.2), or open to others. `option` is the flag that names it.
result<std::string> read_secret(const std::filesystem::path& file, std::string_view option);

/// Where the secret of handoff tokens stands.
std::filesystem::path token_secret_file_of(const config& settings);
/// The secret of handoff tokens. Where there is no such file, makes one of random bytes.
result<std::string> load_token_secret(const std::filesystem::path& file);

}  // namespace chat
