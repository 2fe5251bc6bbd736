#pragma once
// Blanks as JavaScript counts them, and so the public AFD contract: \s of its regular expressions.

#include <string_view>

namespace chat {

/// Whether anything in `text`, which is valid UTF-8, is a blank or a line break.
bool has_blank(std::string_view text);
/// Whether there is nothing else in it.
bool is_blank(std::string_view text);

}  // namespace chat
