#pragma once
// What happens on this side of the wire: a value, or why there is none.

#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "model/failure.hpp"

namespace chat::cli {

/// In the order in which it came.
using json = nlohmann::ordered_json;

/// Why something did not even become a CommandResult. The code is ours: INVALID_INPUT,
/// NOT_CONNECTED, NODE_UNREACHABLE, UNEXPECTED_ANSWER, UNAUTHORIZED.
struct trouble {
  std::string code;
  std::string message;
  std::string suggestion;
};

template <class T>
using outcome = tl::expected<T, trouble>;

inline tl::unexpected<trouble> no(std::string code, std::string message, std::string suggestion) {
  return tl::make_unexpected(trouble{std::move(code), std::move(message), std::move(suggestion)});
}

inline trouble to_trouble(const failure& why) {
  return {"INVALID_INPUT", why.message, why.suggestion};
}

/// The member of an object, or null: for anything else, too.
inline const json& at(const json& object, const char* name) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

/// A text member, or an empty one.
inline std::string text_at(const json& object, const char* name) {
  const auto& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

inline bool is_true(const json& value) { return value.is_boolean() && value.get<bool>(); }

/// Whatever it is, as JSON: what is no UTF-8 is replaced.
inline std::string dump(const json& value, int indent = -1) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace chat::cli
