#include "cli/paint.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>

namespace chat::cli {

bool wants_colours(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(descriptor) == 1 && (!refused || !*refused) && terminal &&
         std::string_view(terminal) != "dumb";
}

std::string paint::in(std::string_view code, std::string_view text) const {
  if (!is_on_ || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

std::string paint::person(std::string_view nickname) const {
  constexpr std::array codes{"31", "32", "33", "34", "35", "36", "91", "92", "94", "95"};
  std::size_t sum = 0;
  for (const char c : nickname) sum = sum * 31 + static_cast<unsigned char>(c);
  return in(codes[sum % codes.size()], nickname);
}

std::string indented_text(std::string_view text, std::size_t column, std::size_t columns) {
  constexpr std::string_view indent = "  ";
  const auto safe = terminal_text(text, true);
  std::string out;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const auto c = static_cast<unsigned char>(safe[i]);
    if (c == '\n') {
      (out += '\n') += indent;
      column = indent.size();
      continue;
    }
    if ((c & 0xC0) != 0x80) {  // a code point begins; from U+1100 on it may take two columns
      const std::size_t width = c >= 0xE1 ? 2 : 1;
      if (column + width > columns && column > indent.size()) {
        (out += '\n') += indent;
        column = indent.size();
      }
      column += width;
    }
    out += safe[i];
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
  const auto taken = width_of(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

}  // namespace chat::cli
