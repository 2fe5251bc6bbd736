#pragma once
// Text of others, made safe to print.

#include <string>
#include <string_view>

namespace chat {

/// Without what a terminal takes as a command: control characters become spaces, but for the line
/// ends where `keeps_lines`; characters that turn the direction of writing are left out.
std::string terminal_text(std::string_view text, bool keeps_lines = false);

}  // namespace chat
