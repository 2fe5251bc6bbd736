#pragma once
// Text as clients count it.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// Whether `text` is valid UTF-8 (RFC 3629: no surrogates, nothing overlong).
bool is_utf8(std::string_view text);

/// Of text that has not all come yet: how many bytes at its front are whole characters, with at
/// most the beginning of one more behind them. Nothing when no continuation makes it valid UTF-8.
std::optional<std::size_t> utf8_prefix(std::string_view text);

/// Length of `text` in UTF-16 code units (what JavaScript's `length` says, contract section 3),
/// or nothing when it is not valid UTF-8.
std::optional<std::size_t> utf16_length(std::string_view text);

/// The longest prefix of valid UTF-8 `text` that has at most `units` UTF-16 code units and does
/// not cut a character.
std::string_view utf16_prefix(std::string_view text, std::size_t units);

/// A to Z in small letters, whatever the locale; other characters as they are.
std::string ascii_lower(std::string_view text);

}  // namespace chat
