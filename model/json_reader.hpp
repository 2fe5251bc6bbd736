#pragma once
// JSON input, whole and checked to the last byte (simdjson's DOM; its On-Demand parser would let
// malformed parts pass that nobody visits).
//
// What RFC 8259 allows is read, also where simdjson does not take it:
//   a byte order mark at the front is skipped (8.1);
//   a number that no 64-bit integer holds is a double, at most the largest one (6);
//   of a name that stands twice the last one counts (4), as in JavaScript;
//   a string with a lone surrogate escape (8.2) is there but broken: it is no text to
//   `text_member`, and no valid UTF-8 to those who read the element itself.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "model/failure.hpp"

namespace chat {

/// Parses one document of at most json_depth_max levels. The element, and every view into it, is
/// valid until the next call on the same thread. A failure's message says what is wrong.
result<simdjson::dom::element> parse_json(std::string_view text);

/// `text` without a byte order mark at its front.
std::string_view without_bom(std::string_view text);

/// The value at `name` of an object; nothing when there is no object or no such key.
std::optional<simdjson::dom::element> member(simdjson::dom::element object, std::string_view name);
std::optional<simdjson::dom::element> member(simdjson::dom::object object, std::string_view name);

/// The text at `name` of an object; nothing when it is not there, no string or a broken one.
std::optional<std::string_view> text_member(simdjson::dom::element object, std::string_view name);

/// The number at `name` of an object, whole or not; nothing when it is not there or no number.
std::optional<double> number_member(simdjson::dom::element object, std::string_view name);

/// Whether `value` is a string with a lone surrogate.
bool is_broken_text(simdjson::dom::element value);

/// Where the first broken string or name in `value` stands, as in `steps.1.text`; empty for the
/// value itself. Nothing when there is none.
std::optional<std::string> find_broken_text(simdjson::dom::element value);

/// The value as JSON without blanks: what `parse_json` reads again as the same.
std::string to_json(simdjson::dom::element value);

}  // namespace chat
