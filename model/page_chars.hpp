#pragma once
// How much of a page one message takes, where a page is cut to a number of characters.

#include "model/message.hpp"
#include "model/unicode.hpp"

namespace chat {

/// Its sender and text, in UTF-16 units.
inline std::int64_t page_chars_of(const message& m) {
  return static_cast<std::int64_t>(utf16_length(m.sender).value_or(0) +
                                   utf16_length(m.text).value_or(0));
}

}  // namespace chat
