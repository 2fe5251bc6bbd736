#pragma once
// Texts put together by the compiler.

#include <algorithm>
#include <array>
#include <string_view>

namespace chat {

namespace concat_detail {

template <const std::string_view&... parts>
inline constexpr auto characters = [] {
  std::array<char, (parts.size() + ... + 0)> out{};
  auto at = out.begin();
  ((at = std::ranges::copy(parts, at).out), ...);
  return out;
}();

}  // namespace concat_detail

/// The parts, one behind the other. They are constants of a namespace.
template <const std::string_view&... parts>
inline constexpr std::string_view concat{concat_detail::characters<parts...>.data(),
                                         concat_detail::characters<parts...>.size()};

}  // namespace chat
