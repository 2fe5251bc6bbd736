#pragma once
// JSON as tests like to read it: one value, its keys, or all of it without what changes by the day.

#include <regex>
#include <string>
#include <string_view>

#include "model/json_reader.hpp"

namespace chat::test {

/// The value at a JSON pointer, minified; "absent" without one.
inline std::string at(std::string_view json, std::string_view pointer) {
  const auto root = parse_json(json);
  if (!root) return "not JSON: " + root.error().message;
  simdjson::dom::element value = *root;
  if (!pointer.empty() && root->at_pointer(pointer).get(value)) return "absent";
  return simdjson::minify(value);
}

/// The text at a JSON pointer, unescaped; "absent" without one.
inline std::string text_at(std::string_view json, std::string_view pointer) {
  const auto root = parse_json(json);
  std::string_view text;
  if (!root || root->at_pointer(pointer).get(text)) return "absent";
  return std::string(text);
}

/// The keys of the object at a JSON pointer, in their order: "success data metadata".
inline std::string keys(std::string_view json, std::string_view pointer = "") {
  const auto root = parse_json(json);
  if (!root) return "not JSON: " + root.error().message;
  simdjson::dom::element value = *root;
  simdjson::dom::object object;
  if ((!pointer.empty() && root->at_pointer(pointer).get(value)) || value.get(object))
    return "no object";
  std::string out;
  for (const auto entry : object) out.append(out.empty() ? "" : " ").append(entry.key);
  return out;
}

/// Times, ids made of randomness and durations replaced by T, S (session), K (token), X (trace).
inline std::string masked(std::string text) {
  static const std::pair<std::regex, const char*> masks[] = {
      {std::regex(R"("timestamp":\d{13})"), R"("timestamp":T)"},
      {std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"), "T"},
      {std::regex("ey[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{43}"), "K"},
      {std::regex("sess-[0-9a-f]{24}"), "S"},
      {std::regex(R"("traceId":"[0-9a-f]{32}")"), R"("traceId":"X")"},
      {std::regex(R"("executionTimeMs":[-+0-9.e]+)"), R"("executionTimeMs":T)"},
  };
  for (const auto& [what, by] : masks) text = std::regex_replace(text, what, by);
  return text;
}

}  // namespace chat::test
