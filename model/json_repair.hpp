#pragma once
// Valid JSON that simdjson 3.0 does not take, rewritten so that it does. Private to json_reader.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// JSON with stand-ins: a number that no double or 64-bit integer holds is the nearest double, a
/// lone surrogate escape is a character that the text has nowhere else.
struct repaired_json {
  std::string text;
  std::string stand_in;              ///< UTF-8, three bytes; empty: there was no lone surrogate
  std::vector<char32_t> surrogates;  ///< what it stands for, in their order
};

/// Nothing when there was nothing to rewrite. `text` need not be valid.
std::optional<repaired_json> repair_json(std::string_view text);

/// Puts the surrogates back into the parsed strings, each as the three bytes that UTF-8 would have
/// for it if it were a character (so the strings are no valid UTF-8).
void put_surrogates_back(simdjson::dom::element root, const repaired_json& from);

}  // namespace chat
