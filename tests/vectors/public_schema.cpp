#include "tests/vectors/public_schema.hpp"

#include <set>
#include <stdexcept>

namespace chat::vectors {

namespace {

const std::set<std::string> taken = {"type",
                                     "properties",
                                     "required",
                                     "enum",
                                     "items",
                                     "minItems",
                                     "maxItems",
                                     "minLength",
                                     "maxLength",
                                     "minimum",
                                     "maximum",
                                     "exclusiveMinimum",
                                     "exclusiveMaximum",
                                     "definitions",
                                     "additionalProperties",
                                     "$ref",
                                     "$defs",
                                     "default",
                                     "const",
                                     "anyOf",
                                     "title",
                                     "description",
                                     "examples",
                                     "deprecated",
                                     "readOnly",
                                     "writeOnly",
                                     "$comment",
                                     "$schema",
                                     "$id"};

unsigned type_of(const std::string& name) {
  using namespace json_types;
  static const std::map<std::string, unsigned> types = {
      {"null", null},     {"boolean", boolean}, {"integer", integer}, {"number", number},
      {"string", string}, {"array", array},     {"object", object}};
  return types.at(name);
}

input_choice choice_of(const json& value) {
  input_choice choice{value.dump()};
  if (value.is_string()) choice.text = value.get<std::string>();
  if (value.is_number()) choice.number = value.get<double>();
  return choice;
}

void fill_number(input_schema& s, const json& from) {
  const auto bound = [&](const char* name, bool is_exclusive, std::optional<number_bound>& to) {
    if (from.contains(name)) to = number_bound{from[name].get<double>(), is_exclusive};
  };
  bound("minimum", false, s.least);
  bound("exclusiveMinimum", true, s.least);
  bound("maximum", false, s.most);
  bound("exclusiveMaximum", true, s.most);
}

}  // namespace

public_schema::public_schema(const json& root) : whole_(root) { root_ = refer("#"); }

// The schema at a place; the same one however often it is asked for, so that they may recur.
const input_schema* public_schema::refer(const std::string& where) {
  if (const auto found = by_place_.find(where); found != by_place_.end()) return found->second;
  const auto& from = whole_.at(json::json_pointer(where.substr(1)));
  auto& s = all_.emplace_back();
  by_place_[where] = &s;
  fill(s, from, where);
  return &s;
}

const input_schema* public_schema::make(const json& from, const std::string& where) {
  if (from.contains("$ref")) return refer(from["$ref"].get<std::string>());
  auto& s = all_.emplace_back();
  fill(s, from, where);
  return &s;
}

void public_schema::fill(input_schema& s, const json& from, const std::string& where) {
  for (const auto& [keyword, value] : from.items())
    if (!taken.contains(keyword) && refused_.empty()) refused_ = keyword + " at " + where;
  if (from.contains("type") && from["type"].is_array())
    for (const auto& name : from["type"]) s.types |= type_of(name.get<std::string>());
  else if (from.contains("type"))
    s.types = type_of(from["type"].get<std::string>());
  if (from.contains("enum"))
    for (const auto& value : from["enum"]) s.choices.push_back(choice_of(value));
  if (from.contains("const")) s.choices.push_back(choice_of(from["const"]));
  if (from.contains("anyOf"))
    for (const auto& branch : from["anyOf"]) s.any_of.push_back(make(branch, where + "/anyOf"));
  fill_number(s, from);
  s.length_min = from.value("minLength", std::int64_t{0});
  if (from.contains("maxLength")) s.length_max = from["maxLength"].get<std::int64_t>();
  s.items_min = from.value("minItems", std::int64_t{0});
  if (from.contains("maxItems")) s.items_max = from["maxItems"].get<std::int64_t>();
  if (from.contains("items") && !from["items"].empty())
    s.items = make(from["items"], where + "/items");
  fill_object(s, from, where);
}

void public_schema::fill_object(input_schema& s, const json& from, const std::string& where) {
  const auto required = from.value("required", json::array());
  const auto properties = from.value("properties", json::object());
  for (const auto& [name, schema] : properties.items()) {
    input_property p{name, make(schema, where + "/properties/" + name)};
    p.required = std::find(required.begin(), required.end(), name) != required.end();
    if (schema.contains("default")) p.fallback = {raw_json{schema["default"].dump()}};
    s.properties.push_back(std::move(p));
  }
  const auto more = from.value("additionalProperties", json());
  if (more.is_null() && !from.contains("properties")) s.unknown = unknown_names::kept;
  if (more.is_boolean())
    s.unknown = more.get<bool>() ? unknown_names::kept : unknown_names::refused;
  if (!more.is_object()) return;
  s.unknown = unknown_names::kept;
  if (!more.empty()) s.additional = make(more, where + "/additionalProperties");
}

}  // namespace chat::vectors
