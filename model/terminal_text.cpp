#include "model/terminal_text.hpp"

namespace chat {

namespace {

// Unicode Standard Annex #9, 2: embeddings, overrides, isolates and marks, all three bytes long.
bool is_bidi_control(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x80') return last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE);
  return text[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

}  // namespace

std::string terminal_text(std::string_view text, bool keeps_lines) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c == 0xC2 && next >= 0x80 && next < 0xA0) {  // C1: some terminals obey them
      safe += ' ';
      ++i;
    } else if (is_bidi_control(text.substr(i))) {
      i += 2;
    } else if (c == '\n' && keeps_lines) {
      safe += '\n';
    } else {
      safe += c < 0x20 || c == 0x7F ? ' ' : text[i];
    }
  }
  return safe;
}

}  // namespace chat
