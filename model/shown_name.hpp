#pragma once
// Names that others see: nicknames, room names, names of keys (contract, section 10).

#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// What is wrong with a name that is refused, for people.
inline constexpr std::string_view shown_name_rule =
    "must have something to see, and no line breaks, control characters or characters without "
    "width";

/// The name as it is kept: in normal form C, without blanks around it. Nothing when there is
/// nothing to see, or when it has a character that a name must not have: controls, line breaks,
/// what turns the direction of writing, what has no width. The joiners and selectors within an
/// emoji are fine.
std::optional<std::string> shown_name(std::string_view text);

/// What is left of a name that nobody can be asked to mend (an identity provider's): without what
/// `shown_name` refuses, and cut to so many UTF-16 units. May be empty.
std::string cleaned_name(std::string_view text, std::size_t units_max);

}  // namespace chat
