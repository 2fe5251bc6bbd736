#pragma once
// Holds JSON to a JSON Schema, strictly: what the schema does not name is wrong, and so is a
// keyword that this file does not know. Remembers which properties it has seen.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace chat::test {

class schema_check {
 public:
  using json = nlohmann::json;

  /// What is wrong with `value`, a line each.
  std::vector<std::string> problems(const std::string& schema, const std::string& value) {
    found_.clear();
    check(json::parse(schema), json::parse(value), "");
    return found_;
  }
  /// The properties of a schema that no value has had yet.
  std::vector<std::string> unseen(const std::string& schema) const {
    std::vector<std::string> names;
    collect(json::parse(schema), "", names);
    return names;
  }

 private:
  static bool is_a(const json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number_integer();
    return false;
  }

  void wrong(const std::string& path, const std::string& what) {
    found_.push_back((path.empty() ? "(root)" : path) + ": " + what);
  }

  void check(const json& schema, const json& value, const std::string& path) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) wrong(path, "must not be there");
      return;
    }
    for (const auto& [keyword, wanted] : schema.items()) {
      if (keyword == "type") {
        check_type(wanted, value, path);
      } else if (keyword == "properties") {
        check_properties(schema, value, path);
      } else if (keyword == "required") {
        for (const auto& name : wanted)
          if (value.is_object() && !value.contains(name.get<std::string>()))
            wrong(path, "lacks " + name.get<std::string>());
      } else if (keyword == "additionalProperties") {
        if (!schema.contains("properties")) check_properties(schema, value, path);
      } else if (keyword == "items") {
        if (value.is_array())
          for (const auto& item : value) check(wanted, item, path + "[]");
      } else if (keyword == "enum") {
        if (std::find(wanted.begin(), wanted.end(), value) == wanted.end())
          wrong(path, value.dump() + " is none of " + wanted.dump());
      } else if (keyword == "const") {
        if (value != wanted) wrong(path, value.dump() + " is not " + wanted.dump());
      } else if (keyword == "anyOf") {
        check_any(wanted, value, path);
      } else {
        check_bound(keyword, wanted, value, path);
      }
    }
  }

  void check_type(const json& wanted, const json& value, const std::string& path) {
    const auto types = wanted.is_array() ? wanted : json::array({wanted});
    if (std::none_of(types.begin(), types.end(), [&](const json& t) { return is_a(value, t); }))
      wrong(path, "is no " + wanted.dump() + ": " + value.dump().substr(0, 100));
  }

  void check_properties(const json& schema, const json& value, const std::string& path) {
    if (!value.is_object()) return;
    const auto known = schema.value("properties", json::object());
    for (const auto& [name, member] : value.items()) {
      const auto where = path + '.' + name;
      if (known.contains(name)) {
        seen_.insert(where);
        check(known[name], member, where);
      } else if (schema.contains("additionalProperties")) {
        check(schema["additionalProperties"], member, path + ".*");
      } else {
        wrong(where, "is not in the schema");
      }
    }
  }

  void check_any(const json& choices, const json& value, const std::string& path) {
    for (const auto& choice : choices) {
      schema_check one;
      one.check(choice, value, path);
      if (!one.found_.empty()) continue;
      seen_.insert(one.seen_.begin(), one.seen_.end());
      return;
    }
    wrong(path, "fits none of the choices: " + value.dump().substr(0, 200));
  }

  void check_bound(const std::string& keyword, const json& wanted, const json& value,
                   const std::string& path) {
    const bool is_fine =
        keyword == "description" || keyword == "default" || keyword == "format" ||
        (keyword == "minimum" && (!value.is_number() || value >= wanted)) ||
        (keyword == "maximum" && (!value.is_number() || value <= wanted)) ||
        (keyword == "minLength" && (!value.is_string() || value.size() >= wanted)) ||
        (keyword == "maxLength" && (!value.is_string() || value.size() <= wanted)) ||
        (keyword == "minItems" && (!value.is_array() || value.size() >= wanted)) ||
        (keyword == "maxItems" && (!value.is_array() || value.size() <= wanted)) ||
        (keyword == "pattern" &&
         (!value.is_string() ||
          std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()))));
    if (!is_fine) wrong(path, keyword + ' ' + wanted.dump() + ": " + value.dump().substr(0, 100));
  }

  void collect(const json& schema, const std::string& path, std::vector<std::string>& names) const {
    if (!schema.is_object()) return;
    const auto properties = schema.value("properties", json::object());
    for (const auto& [name, member] : properties.items()) {
      const auto where = path + '.' + name;
      if (!seen_.contains(where)) names.push_back(where);
      collect(member, where, names);
    }
    if (schema.contains("items")) collect(schema["items"], path + "[]", names);
    if (schema.contains("additionalProperties"))
      collect(schema["additionalProperties"], path + ".*", names);
    const auto choices = schema.value("anyOf", json::array());
    for (const auto& choice : choices) collect(choice, path, names);
  }

  std::vector<std::string> found_;
  std::set<std::string> seen_;
};

}  // namespace chat::test
