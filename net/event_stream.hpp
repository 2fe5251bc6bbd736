#pragma once
// Server-sent events (HTML standard, section 9.2).

#include <string>
#include <string_view>

namespace chat {

/// One event. `data` has no line breaks.
std::string encode_event(std::string_view event, std::string_view data);

/// A comment, which readers skip: it keeps proxies from closing a silent stream.
inline constexpr std::string_view keepalive_comment = ": ping\n\n";

/// Each of some WebSocket frames of ours (model/wire.hpp) as an event: its payload as data. Those
/// of messages and of changes to them carry their id as theirs, which is what a reader comes back
/// with; others leave the last id as it is.
std::string encode_frames(std::string_view frames);

}  // namespace chat
