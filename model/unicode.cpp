#include "model/unicode.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

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

// What a byte adds to one unit a byte: -1 for one that continues a character, 1 for the first of
// four bytes, which stand for two units.
std::size_t surplus_units(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  if ((c & 0xC0) == 0x80) return static_cast<std::size_t>(-1);
  return c >= 0xF0 ? 1 : 0;
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
  // Every byte counts but those that continue a character; the first of four counts twice.
  std::size_t units = text.size();
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & 0x8080808080808080U) == 0) continue;  // eight of ASCII
    for (std::size_t k = i; k < i + 8; ++k) units += surplus_units(text[k]);
  }
  for (; i < text.size(); ++i) units += surplus_units(text[i]);
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

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace chat
