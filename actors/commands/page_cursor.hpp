#pragma once
// The position behind a page, as clients give it back: opaque to them, checked by us.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/failure.hpp"
#include "model/schema.hpp"

namespace chat {

/// What comes behind it, in an order of two numbers and a text.
struct page_cursor {
  std::int64_t time_ms = 0;
  std::uint64_t number = 0;
  std::string text;
};

/// `listing` names what is paged through. A cursor is good for the same listing only.
std::string format_cursor(const page_cursor& cursor, std::string_view listing);
/// Nothing for any text that format_cursor cannot have made for this listing.
std::optional<page_cursor> parse_cursor(std::string_view text, std::string_view listing);
/// VALIDATION_ERROR for such a text in the field `cursor`: what it is no nextCursor of, and how
/// nextCursor was answered where it is one.
failure not_a_cursor(std::span<const field> fields, std::string_view of, std::string_view answered);

}  // namespace chat
