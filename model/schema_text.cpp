#include <algorithm>

#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/schema.hpp"

namespace chat {

namespace {

void write_members(json_writer& json, std::span<const field> fields);

std::string_view json_type(field_type type) {
  switch (type) {
    case field_type::string:
      return "string";
    case field_type::integer:
      return "integer";
    case field_type::number:
      return "number";
    case field_type::boolean:
      return "boolean";
    case field_type::texts:
    case field_type::objects:
      return "array";
    case field_type::object:
    case field_type::json_object:
      return "object";
    case field_type::text_or_texts:
    case field_type::json:
      break;
  }
  return {};
}

void write_string_bounds(json_writer& json, const field& f, std::int64_t min, std::int64_t max) {
  if (min > 0) json.field("minLength", min);
  json.field("maxLength", max);
  if (f.room_id) json.field("pattern", "^[A-Za-z0-9._-]{1,64}$");
  if (f.choices.empty()) return;
  json.key("enum").begin_array();
  for (const auto choice : f.choices) json.string(choice);
  if (f.nullable) json.null();
  json.end_array();
}

void write_list_bounds(json_writer& json, const field& f) {
  if (f.min > 0) json.field("minItems", f.min);
  json.field("maxItems", f.max).key("items").begin_object();
  if (f.type == field_type::objects) {
    json.field("type", "object");
    write_members(json, f.members.span());
  } else {
    json.field("type", "string");
    write_string_bounds(json, f, 1, f.item_units_max);
  }
  json.end_object();
}

void write_bounds(json_writer& json, const field& f) {
  switch (f.type) {
    case field_type::string:
      return write_string_bounds(json, f, f.min, f.max);
    case field_type::integer:
    case field_type::number:
      json.field("minimum", f.min).field("maximum", f.max);
      if (f.fallback) json.field("default", *f.fallback);
      return;
    case field_type::texts:
    case field_type::objects:
      return write_list_bounds(json, f);
    case field_type::text_or_texts:
      json.key("anyOf").begin_array().begin_object().field("type", "string");
      write_string_bounds(json, f, 1, f.item_units_max);
      json.end_object().begin_object().field("type", "array");
      write_list_bounds(json, f);
      json.end_object().end_array();
      return;
    case field_type::object:
      return write_members(json, f.members.span());
    case field_type::boolean:
    case field_type::json_object:
    case field_type::json:
      return;
  }
}

void write_field(json_writer& json, const field& f) {
  const auto type = json_type(f.type);
  if (!type.empty() && f.nullable)
    json.key("type").begin_array().string(type).string("null").end_array();
  else if (!type.empty())
    json.field("type", type);
  if (!f.description.empty()) json.field("description", f.description);
  write_bounds(json, f);
}

void write_members(json_writer& json, std::span<const field> fields) {
  json.key("properties").begin_object();
  for (const auto& f : fields) {
    json.key(f.name).begin_object();
    write_field(json, f);
    json.end_object();
  }
  json.end_object();
  if (std::ranges::none_of(fields, &field::required)) return;
  json.key("required").begin_array();
  for (const auto& f : fields)
    if (f.required) json.string(f.name);
  json.end_array();
}

}  // namespace

std::string to_json_schema(const field& f) {
  std::string out;
  json_writer json(out);
  json.begin_object();
  write_field(json, f);
  json.end_object();
  return out;
}

std::string to_json_schema(std::span<const field> fields) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "object");
  write_members(json, fields);
  json.end_object();
  return out;
}

}  // namespace chat
