#pragma once
// Colours, where somebody sees them; and text of others, made safe for a terminal.

#include <string>
#include <string_view>

#include "model/terminal_text.hpp"

namespace chat::cli {

/// Whether colours belong there: a terminal, and NO_COLOR (no-color.org) is not set.
bool wants_colours(int descriptor);

class paint {
 public:
  explicit paint(bool is_on) : is_on_(is_on) {}

  std::string good(std::string_view text) const { return in("32", text); }
  std::string bad(std::string_view text) const { return in("31", text); }
  std::string warning(std::string_view text) const { return in("33", text); }
  std::string name(std::string_view text) const { return in("36", text); }
  std::string title(std::string_view text) const { return in("1", text); }
  std::string faint(std::string_view text) const { return in("2", text); }
  /// One colour a name, the same in every room.
  std::string person(std::string_view nickname) const;

 private:
  std::string in(std::string_view code, std::string_view text) const;

  bool is_on_;
};

/// Text of others behind `column` columns of our own: each line but the first, also where the
/// terminal would break one, is indented by two, so that none looks like a line of ours.
std::string indented_text(std::string_view text, std::size_t column, std::size_t columns);

/// Columns it takes, about: code points.
std::size_t width_of(std::string_view text);
/// With spaces behind it, to that width.
std::string padded(std::string text, std::size_t width);

}  // namespace chat::cli
