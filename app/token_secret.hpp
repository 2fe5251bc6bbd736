#pragma once
// The secret that handoff tokens are signed with.

#include <filesystem>
#include <string>

#include "model/failure.hpp"

namespace chat {

/// Reads the file; where there is none, makes one of random bytes that only its owner may read. A
/// file that is too short, or that others may read or write, is refused.
result<std::string> load_token_secret(const std::filesystem::path& file);

}  // namespace chat
