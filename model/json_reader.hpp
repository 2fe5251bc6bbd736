#pragma once
// JSON input, whole and checked to the last byte (simdjson's DOM; its On-Demand parser would let
// malformed parts pass that nobody visits).

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "model/failure.hpp"

namespace chat {

/// Parses one document of at most 64 levels. The element, and every view into it, is valid until
/// the next call on the same thread. A failure's message says what is wrong.
result<simdjson::dom::element> parse_json(std::string_view text);

/// The value at `name` of an object; nothing when there is no object or no such key.
std::optional<simdjson::dom::element> member(simdjson::dom::element object, std::string_view name);

/// The text at `name` of an object; nothing when it is not there or no string.
std::optional<std::string_view> text_member(simdjson::dom::element object, std::string_view name);

/// The number at `name` of an object, whole or not; nothing when it is not there or no number.
std::optional<double> number_member(simdjson::dom::element object, std::string_view name);

}  // namespace chat
