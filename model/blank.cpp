#include "model/blank.hpp"

#include <cstddef>

namespace chat {

namespace {

constexpr std::string_view wide_blanks[] = {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002",
                                            "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                            "\u2008", "\u2009", "\u200A", "\u2028", "\u2029",
                                            "\u202F", "\u205F", "\u3000", "\uFEFF"};

// The bytes of the blank that `text` begins with; 0 when it begins with none.
std::size_t blank_at_front(std::string_view text) {
  if (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')) return 1;
  for (const auto blank : wide_blanks)
    if (text.starts_with(blank)) return blank.size();
  return 0;
}

}  // namespace

bool has_blank(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1))
    if (blank_at_front(text) > 0) return true;
  return false;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const auto size = blank_at_front(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace chat
