#include "model/schema.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

struct problem {
  std::string path;
  std::string message;
  std::string_view code;  // the words of the public server's validator
};

std::string_view type_name(field_type type) {
  switch (type) {
    case field_type::string:
      return "string";
    case field_type::integer:
      return "integer";
    case field_type::boolean:
      return "boolean";
    case field_type::texts:
      return "array";
  }
  return "unknown";
}

std::string_view type_name(element value) {
  switch (value.type()) {
    case element_type::STRING:
      return "string";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "number";
    case element_type::BOOL:
      return "boolean";
    case element_type::OBJECT:
      return "object";
    case element_type::ARRAY:
      return "array";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "unknown";
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) {
    if (!out.empty()) out += '|';
    append_json_string(out, word);
  }
  return out;
}

// Each check returns what is wrong with the value, or stores it.

std::optional<problem> check_string(const field& f, std::string_view text) {
  const std::string path(f.name);
  const auto units = utf16_length(text);
  if (!units)
    return problem{path, "Invalid string: must be valid Unicode, without lone surrogates",
                   "invalid_format"};
  const auto length = static_cast<std::int64_t>(*units);
  if (length < f.min)
    return problem{path,
                   "Too small: expected string to have >=" + std::to_string(f.min) + " characters",
                   "too_small"};
  if (length > f.max)
    return problem{path,
                   "Too big: expected string to have <=" + std::to_string(f.max) +
                       " characters, has " + std::to_string(length),
                   "too_big"};
  if (f.room_id && !is_room_id(text))
    return problem{path, "Invalid string: must be 1 to 64 of the characters A-Z a-z 0-9 . _ -",
                   "invalid_format"};
  if (!f.choices.empty() && std::ranges::find(f.choices, text) == f.choices.end())
    return problem{path, "Invalid option: expected one of " + joined(f.choices), "invalid_value"};
  return std::nullopt;
}

std::optional<problem> check_integer(const field& f, std::int64_t value) {
  const std::string path(f.name);
  if (value < f.min)
    return problem{path, "Too small: expected number to be >=" + std::to_string(f.min),
                   "too_small"};
  if (value > f.max)
    return problem{path, "Too big: expected number to be <=" + std::to_string(f.max), "too_big"};
  return std::nullopt;
}

// One text of a list, as a field of its own.
field item_of(const field& list, std::string_view path) {
  field item = list;
  item.name = path;
  item.min = 1;
  item.max = list.item_units_max;
  return item;
}

std::optional<problem> check_texts(const field& f, simdjson::dom::array list,
                                   std::vector<std::string>& out) {
  for (const auto item : list) {
    const auto path = std::string(f.name) + '.' + std::to_string(out.size());
    if (static_cast<std::int64_t>(out.size()) == f.max)
      return problem{std::string(f.name),
                     "Too big: expected array to have <=" + std::to_string(f.max) + " items",
                     "too_big"};
    std::string_view text;
    if (item.get(text))
      return problem{path,
                     "Invalid input: expected string, received " + std::string(type_name(item)),
                     "invalid_type"};
    if (auto wrong = check_string(item_of(f, path), text)) return wrong;
    out.emplace_back(text);
  }
  return std::nullopt;
}

// A whole number however it is written: 5.0 is an integer in JSON Schema. Beyond 64 bits it is the
// nearest there is, which the bounds of every field refuse. (is_uint64() is true for 5, too.)
std::optional<std::int64_t> whole_number(element value) {
  if (value.type() == element_type::UINT64) return INT64_MAX;
  std::int64_t number = 0;
  if (!value.get(number)) return number;
  double real = 0;
  if (value.get(real) || real != std::trunc(real)) return std::nullopt;
  if (real >= 0x1p63) return INT64_MAX;
  return real < -0x1p63 ? INT64_MIN : static_cast<std::int64_t>(real);
}

std::optional<problem> check_value(const field& f, element value, command_input::value& out) {
  const auto wrong_type = [&] {
    return problem{std::string(f.name),
                   "Invalid input: expected " + std::string(type_name(f.type)) + ", received " +
                       std::string(type_name(value)),
                   "invalid_type"};
  };
  switch (f.type) {
    case field_type::string: {
      std::string_view text;
      if (value.get(text)) return wrong_type();
      out = std::string(text);
      return check_string(f, text);
    }
    case field_type::integer: {
      const auto number = whole_number(value);
      if (!number) return wrong_type();
      out = *number;
      return check_integer(f, *number);
    }
    case field_type::boolean: {
      bool flag = false;
      if (value.get(flag)) return wrong_type();
      out = flag;
      return std::nullopt;
    }
    case field_type::texts: {
      simdjson::dom::array list;
      if (value.get(list)) return wrong_type();
      return check_texts(f, list, out.emplace<std::vector<std::string>>());
    }
  }
  return wrong_type();
}

// "a, b, c" for people and ["a","b","c"] for programs, of the same names.
struct name_list {
  std::string text;
  std::string json;
};

template <class Range, class Projection = std::identity>
name_list list_of(const Range& items, Projection name = {}) {
  name_list list;
  json_writer json(list.json);
  json.begin_array();
  for (const auto& item : items) {
    const std::string_view word = std::invoke(name, item);
    json.string(word);
    if (!list.text.empty()) list.text += ", ";
    list.text += word;
  }
  json.end_array();
  return list;
}

// The words and the shape of the public server's validator, so that clients written for it can
// read ours.
failure validation_failure(std::span<const field> fields, const std::vector<problem>& problems,
                           const std::vector<std::string>& unknown,
                           const std::vector<std::string>& missing) {
  const auto expected = list_of(fields, &field::name);
  const auto unexpected = list_of(unknown);
  const auto absent = list_of(missing);
  std::string suggestion;
  std::string details;
  json_writer json(details);
  json.begin_object().key("errors").begin_array();
  for (const auto& p : problems) {
    json.begin_object().field("path", p.path).field("message", p.message);
    json.field("code", p.code).end_object();
    if (problems.size() > 1) suggestion += suggestion.empty() ? "- " : "\n- ";
    suggestion += p.path + ": " + p.message;
  }
  json.end_array().key("expectedFields").raw(expected.json);
  json.key("unexpectedFields").raw(unexpected.json);
  json.key("missingFields").raw(absent.json).end_object();
  if (!unknown.empty()) suggestion += ". Unknown field(s): " + unexpected.text;
  if (!missing.empty()) suggestion += ". Missing required field(s): " + absent.text;
  suggestion += fields.empty() ? ". This command takes no fields: send {}"
                               : ". Expected fields: " + expected.text;
  auto why = make_failure(errc::validation_error, "Input validation failed", suggestion);
  why.details = std::move(details);
  return why;
}

std::string shown(std::string_view name) {
  return std::string(utf16_prefix(name, limits::echoed_units_max));
}

std::vector<std::string> unknown_names(std::span<const field> fields,
                                       simdjson::dom::object object) {
  std::vector<std::string> unknown;
  for (const auto entry : object) {
    if (unknown.size() == limits::validation_errors_max) break;
    if (std::ranges::find(fields, entry.key, &field::name) == fields.end())
      unknown.push_back(shown(entry.key));
  }
  return unknown;
}

}  // namespace

const command_input::value* command_input::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name)
      return std::holds_alternative<std::monostate>(values_[i]) ? nullptr : &values_[i];
  return nullptr;
}

bool command_input::has(std::string_view name) const { return find(name) != nullptr; }

std::string_view command_input::text(std::string_view name) const {
  const auto* value = find(name);
  return value ? std::string_view(std::get<std::string>(*value)) : std::string_view();
}

std::int64_t command_input::integer(std::string_view name) const {
  const auto* value = find(name);
  return value ? std::get<std::int64_t>(*value) : 0;
}

bool command_input::boolean(std::string_view name) const {
  const auto* value = find(name);
  return value && std::get<bool>(*value);
}

std::vector<std::string> command_input::texts(std::string_view name) const {
  const auto* value = find(name);
  return value ? std::get<std::vector<std::string>>(*value) : std::vector<std::string>();
}

result<checked_input> check_input(std::span<const field> fields, std::optional<element> given) {
  checked_input checked{command_input(fields), {}};
  simdjson::dom::object object;
  const bool is_object = given && !given->get(object);
  if (given && !is_object)
    return tl::unexpected(validation_failure(
        fields,
        {{"(root)", "Invalid input: expected object, received " + std::string(type_name(*given)),
          "invalid_type"}},
        {}, {}));
  std::vector<problem> problems;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& f = fields[i];
    element value;
    if (!is_object || object.at_key(f.name).get(value)) {
      if (f.required) {
        missing.emplace_back(f.name);
        problems.push_back(
            {std::string(f.name),
             "Invalid input: expected " + std::string(type_name(f.type)) + ", received undefined",
             "invalid_type"});
      } else if (f.fallback) {
        checked.input.set(i, *f.fallback);
      }
      continue;
    }
    command_input::value out;
    if (auto wrong = check_value(f, value, out))
      problems.push_back(std::move(*wrong));
    else
      checked.input.set(i, std::move(out));
  }
  if (is_object) checked.unknown = unknown_names(fields, object);
  if (!problems.empty())
    return tl::unexpected(validation_failure(fields, problems, checked.unknown, missing));
  return checked;
}

std::string to_json_schema(std::span<const field> fields) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("type", "object").key("properties").begin_object();
  for (const auto& f : fields) {
    json.key(f.name).begin_object().field("type", type_name(f.type));
    if (!f.description.empty()) json.field("description", f.description);
    if (f.type == field_type::string) {
      if (f.min > 0) json.field("minLength", f.min);
      json.field("maxLength", f.max);
      if (f.room_id) json.field("pattern", "^[A-Za-z0-9._-]{1,64}$");
      if (!f.choices.empty()) {
        json.key("enum").begin_array();
        for (const auto choice : f.choices) json.string(choice);
        json.end_array();
      }
    }
    if (f.type == field_type::integer) json.field("minimum", f.min).field("maximum", f.max);
    if (f.type == field_type::texts) {
      json.field("maxItems", f.max).key("items").begin_object().field("type", "string");
      json.field("minLength", 1).field("maxLength", f.item_units_max).end_object();
    }
    if (f.fallback) json.field("default", *f.fallback);
    json.end_object();
  }
  json.end_object();
  if (std::ranges::any_of(fields, &field::required)) {
    json.key("required").begin_array();
    for (const auto& f : fields)
      if (f.required) json.string(f.name);
    json.end_array();
  }
  json.end_object();
  return out;
}

std::string to_typescript(std::span<const field> fields) {
  std::string out = "{";
  for (const auto& f : fields) {
    out += out.size() > 1 ? "; " : " ";
    out += f.name;
    out += f.required ? ": " : "?: ";
    if (f.choices.empty()) {
      out += f.type == field_type::integer ? "number"
             : f.type == field_type::texts ? "string[]"
                                           : type_name(f.type);
    } else {
      for (std::size_t i = 0; i < f.choices.size(); ++i) {
        if (i > 0) out += " | ";
        append_json_string(out, f.choices[i]);
      }
    }
  }
  out += fields.empty() ? "}" : " }";
  return out;
}

}  // namespace chat
