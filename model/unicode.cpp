#include "model/unicode.hpp"

#include <simdjson.h>

namespace chat {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

namespace {

// How many bytes a character has that begins with this one; 0 where none does (RFC 3629, 4).
std::size_t utf8_size(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

// Whether these bytes, fewer than a whole character, are the beginning of one.
bool begins_character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (utf8_size(first) <= bytes.size()) return false;
  if (bytes.size() == 1) return true;
  const auto second = static_cast<unsigned char>(bytes[1]);
  // Nothing overlong, no surrogates, nothing beyond U+10FFFF.
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return false;
  return bytes.size() == 2 || (static_cast<unsigned char>(bytes[2]) & 0xC0) == 0x80;
}

}  // namespace

std::optional<std::size_t> utf8_prefix(std::string_view text) {
  std::size_t whole = text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto tail = text.substr(text.size() - back);
    if ((static_cast<unsigned char>(tail[0]) & 0xC0) == 0x80) continue;
    if (begins_character(tail)) whole -= back;
    break;
  }
  if (!is_utf8(text.substr(0, whole))) return std::nullopt;
  return whole;
}

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
