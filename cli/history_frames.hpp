#pragma once
// Messages as commands answer them, made what they would have been as frames.

#include <optional>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"

namespace chat::cli {

/// The messages and changes of a page of chat-poll or chat-history, in the order of their ids.
/// Deleted messages are left out, as in a room.
std::vector<json> frames_of_page(const json& data);

/// Milliseconds since 1970 of `2026-01-05T10:20:30.456Z`; nothing for what is no such time.
std::optional<std::int64_t> parse_time(const std::string& text);

}  // namespace chat::cli
