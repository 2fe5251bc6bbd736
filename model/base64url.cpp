#include "model/base64url.hpp"

#include <array>
#include <cstdint>

namespace chat {

void append_base64url(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += base64url_alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += base64url_alphabet[bits << (6 - count) & 63];
}

std::optional<std::string> decode_base64url(std::string_view text) {
  static constexpr auto values = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64url_alphabet.size(); ++i)
      table[static_cast<unsigned char>(base64url_alphabet[i])] = static_cast<signed char>(i);
    return table;
  }();
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  // A letter too many, or bits that no byte takes: another spelling of the same bytes.
  if (count >= 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace chat
