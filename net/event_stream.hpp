#pragma once
// Server-sent events (HTML standard, section 9.2).

#include <string>
#include <string_view>

namespace chat {

/// One event. `data` has no line breaks.
std::string encode_event(std::string_view event, std::string_view data);

}  // namespace chat
