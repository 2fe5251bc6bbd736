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

std::string_view type_name(field_type type) {
  switch (type) {
    case field_type::string:
      return "string";
    case field_type::integer:
      return "integer";
    case field_type::boolean:
      return "boolean";
    case field_type::texts:
    case field_type::objects:
      return "array";
    case field_type::text_or_texts:
      return "string or array";
    case field_type::object:
    case field_type::json_object:
      return "object";
    case field_type::json:
      return "any value";
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

std::string words(std::span<const std::string_view> choices) {
  std::string out;
  for (const auto word : choices) {
    if (!out.empty()) out += '|';
    append_json_string(out, word);
  }
  return out;
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
failure validation_failure(std::span<const field> fields,
                           const std::vector<input_problem>& problems,
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
  // Where only values are wrong the names of all fields would hide what is to be done.
  const bool is_no_object = problems.size() == 1 && problems.front().path == "(root)";
  if (!unknown.empty() || !missing.empty() || is_no_object)
    suggestion += fields.empty() ? ". This command takes no fields: send {}"
                                 : ". Expected fields: " + expected.text;
  auto why = make_failure(errc::validation_error, "Input validation failed", suggestion);
  why.details = std::move(details);
  return why;
}

// One look at an input: what it holds, and all that is wrong with it, up to a bound.
class input_check {
 public:
  command_input check_fields(std::span<const field> fields, std::optional<simdjson::dom::object> in,
                             const std::string& prefix) {
    command_input checked(fields);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& f = fields[i];
      const auto path = prefix + std::string(f.name);
      element given;
      if (in && !in->at_key(f.name).get(given))
        checked.set(i, check_value(f, given, path));
      else if (f.required)
        add_missing(f, path);
      else if (f.fallback)
        checked.set(i, *f.fallback);
    }
    if (in) add_unknown(fields, *in, prefix);
    return checked;
  }

  void add(std::string path, std::string message, std::string_view code) {
    if (problems.size() < limits::validation_errors_max)
      problems.push_back({std::move(path), std::move(message), code});
  }

  std::vector<input_problem> problems;
  std::vector<std::string> missing;
  std::vector<std::string> unknown;

 private:
  using value = command_input::value;

  void add_missing(const field& f, const std::string& path) {
    if (missing.size() < limits::validation_errors_max) missing.push_back(path);
    add(path, "Invalid input: expected " + std::string(type_name(f.type)) + ", received undefined",
        "invalid_type");
  }

  void add_unknown(std::span<const field> fields, simdjson::dom::object in,
                   const std::string& prefix) {
    for (const auto entry : in) {
      if (unknown.size() == limits::validation_errors_max) return;
      if (std::ranges::find(fields, entry.key, &field::name) == fields.end())
        unknown.push_back(prefix + std::string(utf16_prefix(entry.key, limits::echoed_units_max)));
    }
  }

  value wrong_type(const field& f, element given, const std::string& path) {
    add(path,
        "Invalid input: expected " + std::string(type_name(f.type)) + ", received " +
            std::string(type_name(given)),
        "invalid_type");
    return {};
  }

  value check_value(const field& f, element given, const std::string& path) {
    std::string_view text;
    simdjson::dom::array list;
    simdjson::dom::object object;
    switch (f.type) {
      case field_type::string:
        if (f.nullable && given.is_null()) return std::string();
        if (given.get(text)) return wrong_type(f, given, path);
        return check_string(f, text, path, f.min, f.max);
      case field_type::integer:
        return check_integer(f, given, path);
      case field_type::boolean: {
        bool flag = false;
        if (given.get(flag)) return wrong_type(f, given, path);
        return flag;
      }
      case field_type::text_or_texts:
        if (!given.get(text))
          return std::vector<std::string>{check_string(f, text, path, 1, f.item_units_max)};
        [[fallthrough]];
      case field_type::texts:
        if (given.get(list)) return wrong_type(f, given, path);
        return check_texts(f, list, path);
      case field_type::object:
        if (given.get(object)) return wrong_type(f, given, path);
        return std::vector{check_fields(f.members.span(), object, path + '.')};
      case field_type::objects:
        if (given.get(list)) return wrong_type(f, given, path);
        return check_objects(f, list, path);
      case field_type::json_object:
        if (!given.is_object()) return wrong_type(f, given, path);
        [[fallthrough]];
      case field_type::json:
        return std::string(simdjson::minify(given));
    }
    return {};
  }

  std::string check_string(const field& f, std::string_view text, const std::string& path,
                           std::int64_t min, std::int64_t max) {
    const auto units = utf16_length(text);
    const auto length = static_cast<std::int64_t>(units.value_or(0));
    if (!units)
      add(path, "Invalid string: must be valid Unicode, without lone surrogates", "invalid_format");
    else if (length < min)
      add(path, "Too small: expected string to have >=" + std::to_string(min) + " characters",
          "too_small");
    else if (length > max)
      add(path,
          "Too big: expected string to have <=" + std::to_string(max) + " characters, has " +
              std::to_string(length),
          "too_big");
    else if (f.room_id && !is_room_id(text))
      add(path, "Invalid string: must be 1 to 64 of the characters A-Z a-z 0-9 . _ -",
          "invalid_format");
    else if (!f.choices.empty() && std::ranges::find(f.choices, text) == f.choices.end())
      add(path, "Invalid option: expected one of " + words(f.choices), "invalid_value");
    return std::string(text);
  }

  value check_integer(const field& f, element given, const std::string& path) {
    const auto number = whole_number(given);
    if (!number) return wrong_type(f, given, path);
    if (*number < f.min)
      add(path, "Too small: expected number to be >=" + std::to_string(f.min), "too_small");
    if (*number > f.max)
      add(path, "Too big: expected number to be <=" + std::to_string(f.max), "too_big");
    return *number;
  }

  // How long a list is, first: what is too long is not looked at.
  bool has_good_size(const field& f, simdjson::dom::array list, const std::string& path) {
    std::int64_t size = 0;
    for (auto at = list.begin(); at != list.end() && size <= f.max; ++at) ++size;
    if (size > f.max)
      add(path, "Too big: expected array to have <=" + std::to_string(f.max) + " items", "too_big");
    if (size < f.min)
      add(path, "Too small: expected array to have >=" + std::to_string(f.min) + " items",
          "too_small");
    return size >= f.min && size <= f.max;
  }

  value check_texts(const field& f, simdjson::dom::array list, const std::string& path) {
    std::vector<std::string> out;
    if (!has_good_size(f, list, path)) return out;
    for (const auto item : list) {
      const auto where = path + '.' + std::to_string(out.size());
      std::string_view text;
      if (item.get(text)) {
        add(where, "Invalid input: expected string, received " + std::string(type_name(item)),
            "invalid_type");
        out.emplace_back();
      } else {
        out.push_back(check_string(f, text, where, 1, f.item_units_max));
      }
    }
    return out;
  }

  value check_objects(const field& f, simdjson::dom::array list, const std::string& path) {
    std::vector<command_input> out;
    if (!has_good_size(f, list, path)) return out;
    for (const auto item : list) {
      const auto where = path + '.' + std::to_string(out.size());
      simdjson::dom::object object;
      if (item.get(object)) {
        add(where, "Invalid input: expected object, received " + std::string(type_name(item)),
            "invalid_type");
        out.emplace_back(f.members.span());
      } else {
        out.push_back(check_fields(f.members.span(), object, where + '.'));
      }
    }
    return out;
  }
};

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

std::span<const command_input> command_input::objects(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return {};
  return std::get<std::vector<command_input>>(*value);
}

failure invalid_input(std::span<const field> fields, const std::vector<input_problem>& problems) {
  std::vector<std::string> unexpected;
  for (const auto& p : problems)
    if (p.code == "unrecognized_keys") unexpected.push_back(p.path);
  return validation_failure(fields, problems, unexpected, {});
}

result<checked_input> check_input(std::span<const field> fields, std::optional<element> given) {
  simdjson::dom::object object;
  const bool is_object = given && !given->get(object);
  if (given && !is_object)
    return tl::unexpected(invalid_input(
        fields,
        {{"(root)", "Invalid input: expected object, received " + std::string(type_name(*given)),
          "invalid_type"}}));
  input_check check;
  auto input = check.check_fields(fields, is_object ? std::optional(object) : std::nullopt, "");
  if (!check.problems.empty())
    return tl::unexpected(validation_failure(fields, check.problems, check.unknown, check.missing));
  return checked_input{std::move(input), std::move(check.unknown)};
}

}  // namespace chat
