#pragma once
// base64url without padding (RFC 4648, section 5; RFC 7515, section 2).

#include <optional>
#include <string>
#include <string_view>

namespace chat {

inline constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void append_base64url(std::string& out, std::string_view bytes);
/// The bytes; nothing for any text that append_base64url cannot have made.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace chat
