#include "model/typescript.hpp"

#include <algorithm>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using simdjson::dom::element;

struct ts_type {
  std::string text;
  bool is_union = false;
};

ts_type type_of(element schema);

// Every value of a list as a type, one or the other.
template <class ToType>
ts_type union_of(simdjson::dom::array values, ToType to_type) {
  ts_type out;
  for (const auto value : values) {
    if (!out.text.empty()) out.is_union = true;
    if (!out.text.empty()) out.text += " | ";
    out.text += to_type(value);
  }
  return out;
}

bool is_required(element schema, std::string_view name) {
  simdjson::dom::array required;
  if (schema.at_key("required").get(required)) return false;
  return std::ranges::any_of(required, [&](element word) {
    std::string_view text;
    return !word.get(text) && text == name;
  });
}

std::string object_type(element schema) {
  element others;
  const bool has_others = !schema.at_key("additionalProperties").get(others);
  simdjson::dom::object properties;
  if (schema.at_key("properties").get(properties))
    return "Record<string, " + (has_others ? type_of(others).text : "unknown") + '>';
  std::string out = "{";
  for (const auto [name, member] : properties) {
    out += out.size() > 1 ? "; " : " ";
    out += name;
    out += is_required(schema, name) ? ": " : "?: ";
    out += type_of(member).text;
  }
  return out + (out.size() > 1 ? " }" : "}");
}

std::string array_type(element schema) {
  element items;
  if (schema.at_key("items").get(items)) return "unknown[]";
  const auto item = type_of(items);
  return item.is_union ? '(' + item.text + ")[]" : item.text + "[]";
}

std::string named_type(std::string_view type, element schema) {
  if (type == "object") return object_type(schema);
  if (type == "array") return array_type(schema);
  if (type == "integer") return "number";
  return std::string(type);
}

ts_type type_of(element schema) {
  const auto as_text = [](element value) -> std::string { return simdjson::minify(value); };
  simdjson::dom::array list;
  element value;
  std::string_view type;
  if (!schema.at_key("const").get(value)) return {as_text(value)};
  if (!schema.at_key("enum").get(list)) return union_of(list, as_text);
  if (!schema.at_key("anyOf").get(list))
    return union_of(list, [](element choice) { return type_of(choice).text; });
  if (!schema.at_key("type").get(list))
    return union_of(list, [&](element name) {
      std::string_view word;
      return name.get(word) ? std::string("unknown") : named_type(word, schema);
    });
  if (!schema.at_key("type").get(type)) return {named_type(type, schema)};
  return {"unknown"};
}

}  // namespace

std::string to_typescript(std::string_view schema) {
  const auto root = parse_json(schema);
  return root ? type_of(*root).text : "unknown";
}

std::string pascal_case(std::string_view command) {
  std::string out;
  bool upper = true;
  for (const char c : command) {
    if (c == '-') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

}  // namespace chat
