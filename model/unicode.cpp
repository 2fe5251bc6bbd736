#include "model/unicode.hpp"

#include <simdjson.h>

namespace chat {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::optional<std::size_t> utf16_length(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  std::size_t units = 0;
  for (const unsigned char c : text) {
    units += (c & 0xC0) != 0x80;  // every character's first byte …
    units += c >= 0xF0;           // … and once more for those beyond the basic plane
  }
  return units;
}

std::string_view utf16_prefix(std::string_view text, std::size_t units) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0) == 0x80) continue;
    used += c >= 0xF0 ? 2 : 1;
    if (used > units) return text.substr(0, i);
  }
  return text;
}

}  // namespace chat
