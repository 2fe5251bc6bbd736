#include "model/caller.hpp"

#include <algorithm>
#include <array>

#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

// In the order of scope.
constexpr std::array<std::string_view, 3> names{"read", "write", "admin"};

}  // namespace

std::string_view to_string(scope what) { return names.at(static_cast<std::size_t>(what)); }

std::optional<scope> parse_scope(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<scope>(found - names.begin());
}

bool is_user_id(std::string_view text) {
  const auto units = utf16_length(text);
  return units && *units >= 1 && *units <= limits::user_id_units_max &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

}  // namespace chat
