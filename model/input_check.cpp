#include "model/input_check.hpp"

#include <algorithm>
#include <cmath>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

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

unsigned types_of(element value) {
  switch (value.type()) {
    case element_type::STRING:
      return json_types::string;
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return json_types::number | (whole_number(value) ? json_types::integer : 0);
    case element_type::BOOL:
      return json_types::boolean;
    case element_type::OBJECT:
      return json_types::object;
    case element_type::ARRAY:
      return json_types::array;
    case element_type::NULL_VALUE:
      break;
  }
  return json_types::null;
}

bool allows_null(const input_schema& s) {
  if (!s.any_of.empty())
    return std::ranges::any_of(s.any_of, [](const auto* branch) { return allows_null(*branch); });
  if (!s.choices.empty())
    return std::ranges::any_of(s.choices, [](const auto& c) { return c.json == "null"; });
  return s.types == 0 || (s.types & json_types::null);
}

// The only type besides null, or nothing where there are several.
std::string_view only_type(unsigned types) {
  switch (types == json_types::null ? types : types & ~json_types::null) {
    case json_types::string:
      return "string";
    case json_types::number:
    case json_types::integer:
      return "number";
    case json_types::boolean:
      return "boolean";
    case json_types::object:
      return "object";
    case json_types::array:
      return "array";
    case json_types::null:
      return "null";
    case 0:
      return "any value";
  }
  return {};
}

// 5 and 0.5, never 5.0.
std::string shown(double number) {
  std::string out;
  if (number == std::trunc(number) && std::abs(number) < 0x1p63)
    out = std::to_string(static_cast<std::int64_t>(number));
  else
    json_writer(out).number(number);
  return out;
}

// The public server tells its integers from its numbers by the greatest that JavaScript holds.
std::string_view noun_of(const input_schema& s, const number_bound& bound) {
  constexpr double safe = 9007199254740991;
  const bool is_safe = (s.types & json_types::integer) && std::abs(bound.value) == safe;
  return is_safe ? "int" : "number";
}

bool is_equal(const input_choice& choice, element given) {
  std::string_view text;
  double number = 0;
  if (choice.text) return !given.get(text) && text == *choice.text;
  if (choice.number) return !given.get(number) && number == *choice.number;
  return simdjson::minify(given) == choice.json;
}

// Of valid UTF-8: its bytes but those that go on with a character.
std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// For people: a name may be long, or no text at all.
std::string shown_key(std::string_view name) {
  return is_utf8(name) ? std::string(utf16_prefix(name, limits::echoed_units_max)) : "\uFFFD";
}

void add_name(std::vector<std::string>& names, std::string name) {
  if (names.size() < limits::validation_errors_max && std::ranges::find(names, name) == names.end())
    names.push_back(std::move(name));
}

}  // namespace

std::string_view type_name(element value) {
  return value.is_null() ? "null" : only_type(types_of(value) & ~json_types::integer);
}

void input_check::add(std::string message, std::string_view code, std::string_view expected) {
  if (problems.size() < limits::validation_errors_max)
    problems.push_back({path(), std::move(message), code, expected});
}

void input_check::add_choice(const input_schema& s) {
  std::string words;
  for (const auto& choice : s.choices) words += (words.empty() ? "" : "|") + choice.json;
  add((s.choices.size() == 1 ? "Invalid input: expected " : "Invalid option: expected one of ") +
          words,
      "invalid_value");
}

void input_check::add_wrong_type(const input_schema& s, std::string_view received,
                                 bool is_fraction) {
  if (!s.choices.empty()) return add_choice(s);
  auto expected = only_type(s.types);
  if (!s.any_of.empty() || expected.empty())
    return add("Invalid input" + (s.any_of_hint.empty() ? "" : ": " + std::string(s.any_of_hint)),
               "invalid_union");
  if (is_fraction && (s.types & json_types::integer)) expected = "int";
  add("Invalid input: expected " + std::string(expected) + ", received " + std::string(received),
      "invalid_type", expected);
}

// Goes on at `name` in what is looked at; give what it answers to path_.resize to come back.
std::size_t input_check::step_into(std::string_view name) {
  const auto size = path_.size();
  if (size > 0) path_ += '.';
  path_ += name;
  return size;
}

input_value input_check::check(const input_schema& s, element given) {
  if (!s.any_of.empty()) return check_any_of(s, given);
  if (!s.choices.empty()) return check_choice(s, given);
  if (s.types == 0) return {raw_json{to_json(given)}};
  const auto types = types_of(given);
  if (!(types & s.types)) {
    add_wrong_type(s, type_name(given), types == json_types::number);
    return {};
  }
  if (types & json_types::null) return {nullptr};
  if (types & json_types::boolean) return {given.get_bool().value()};
  if (types & json_types::string) return check_text(s, given.get_string().value());
  if (types & json_types::number) return check_number(s, given);
  if (types & json_types::array) return check_list(s, given.get_array().value());
  if (s.keeps_object()) return {raw_json{to_json(given)}};
  std::vector<command_input> one{check_object(s, given.get_object().value())};
  return {std::make_shared<const std::vector<command_input>>(std::move(one))};
}

// What is wrong with the branches says nothing: nobody knows which was meant.
input_value input_check::check_any_of(const input_schema& s, element given) {
  for (const auto* branch : s.any_of) {
    input_check attempt;
    attempt.path_ = path_;
    auto value = attempt.check(*branch, given);
    if (!attempt.problems.empty()) continue;
    for (auto& name : attempt.unknown) add_name(unknown, std::move(name));
    return value;
  }
  add_wrong_type(s, type_name(given), false);
  return {};
}

input_value input_check::check_choice(const input_schema& s, element given) {
  const auto found =
      std::ranges::find_if(s.choices, [&](const auto& c) { return is_equal(c, given); });
  if (found == s.choices.end()) {
    add_choice(s);
    return {};
  }
  if (found->text) return {*found->text};
  if (found->json == "null") return {nullptr};
  return {raw_json{found->json}};
}

input_value input_check::check_text(const input_schema& s, std::string_view given) {
  std::string text(given);
  if (s.form && !given.empty() && is_utf8(given)) {
    if (auto formed = s.form(given)) {
      text = std::move(*formed);
    } else {
      add("Invalid string: " + std::string(s.form_rule), "invalid_format");
      return {std::move(text)};
    }
  }
  const auto units = utf16_length(text);
  const auto length = static_cast<std::int64_t>(!units       ? 0
                                                : s.in_utf16 ? *units
                                                             : code_points(text));
  if (!units)
    add("Invalid string: must be valid Unicode, without lone surrogates", "invalid_format");
  else if (length < s.length_min)
    add("Too small: expected string to have >=" + std::to_string(s.length_min) + " characters",
        "too_small");
  else if (s.length_max && length > *s.length_max)
    add("Too big: expected string to have <=" + std::to_string(*s.length_max) + " characters",
        "too_big");
  else if (s.fits && !s.fits(text))
    add("Invalid string: must match pattern /" + std::string(s.pattern) + '/', "invalid_format");
  return {std::move(text)};
}

input_value input_check::check_number(const input_schema& s, element given) {
  const double number = given.get_double().value();
  const auto add_bound = [&](const number_bound& bound, const char* what, char sign,
                             std::string_view code) {
    add(std::string(what) + ": expected " + std::string(noun_of(s, bound)) + " to be " + sign +
            (bound.is_exclusive ? "" : "=") + shown(bound.value),
        code);
  };
  if (s.least && (number < s.least->value || (s.least->is_exclusive && number == s.least->value)))
    add_bound(*s.least, "Too small", '>', "too_small");
  if (s.most && (number > s.most->value || (s.most->is_exclusive && number == s.most->value)))
    add_bound(*s.most, "Too big", '<', "too_big");
  if (const auto whole = whole_number(given)) return {*whole};
  return {number};
}

// What is beyond the greatest size is not looked at.
input_value input_check::check_list(const input_schema& s, simdjson::dom::array list) {
  input_value::list items;
  std::vector<command_input> objects;
  const bool has_objects = s.items && s.items->types == json_types::object &&
                           !s.items->keeps_object() && s.items->any_of.empty();
  std::int64_t size = 0;
  for (const auto item : list) {
    if (s.items_max && size == *s.items_max) {
      ++size;
      break;
    }
    const auto back = step_into(std::to_string(size++));
    if (has_objects && item.is_object())
      objects.push_back(check_object(*s.items, item.get_object().value()));
    else if (s.items)
      items.push_back(check(*s.items, item));
    else
      items.push_back({raw_json{to_json(item)}});
    path_.resize(back);
  }
  if (s.items_max && size > *s.items_max)
    add("Too big: expected array to have <=" + std::to_string(*s.items_max) + " items", "too_big");
  if (size < s.items_min)
    add("Too small: expected array to have >=" + std::to_string(s.items_min) + " items",
        "too_small");
  if (has_objects) return {std::make_shared<const std::vector<command_input>>(std::move(objects))};
  return {std::move(items)};
}

command_input input_check::check_object(const input_schema& s,
                                        std::optional<simdjson::dom::object> in) {
  command_input checked(s);
  const bool is_root = path_.empty();
  for (std::size_t i = 0; i < s.properties.size(); ++i) {
    const auto& p = s.properties[i];
    const bool is_optional = !p.required || !std::holds_alternative<std::monostate>(p.fallback.v);
    auto given = in ? member(*in, p.name) : std::nullopt;
    if (given && given->is_null() && s.null_is_absent && is_optional && !allows_null(*p.schema))
      given.reset();
    const auto back = step_into(p.name);
    if (given) {
      checked.set(i, check(*p.schema, *given));
    } else if (is_optional) {
      checked.set(i, p.fallback);
    } else {
      if (is_root) missing.push_back(p.name);
      add_wrong_type(*p.schema, "undefined", false);
    }
    path_.resize(back);
  }
  if (in) check_unknown(s, *in, checked);
  return checked;
}

void input_check::check_unknown(const input_schema& s, simdjson::dom::object in,
                                command_input& checked) {
  const bool is_root = path_.empty();
  std::vector<std::string> refused;
  for (const auto entry : in) {
    if (std::ranges::find(s.properties, entry.key, &input_property::name) != s.properties.end())
      continue;
    auto name = shown_key(entry.key);
    if (is_root) add_name(unexpected, name);
    const auto back = step_into(name);
    if (s.unknown == unknown_names::refused)
      add_name(refused, std::move(name));
    else if (s.unknown == unknown_names::left_out)
      add_name(unknown, path_);
    else if (s.additional)
      checked.keep(entry.key, check(*s.additional, entry.value));
    else
      checked.keep(entry.key, {raw_json{to_json(entry.value)}});
    path_.resize(back);
  }
  if (refused.empty()) return;
  std::string message = refused.size() == 1 ? "Unrecognized key: " : "Unrecognized keys: ";
  for (const auto& name : refused) {
    if (&name != &refused.front()) message += ", ";
    append_json_string(message, name);
  }
  add(std::move(message), "unrecognized_keys");
}

command_input input_check::check_root(const input_schema& schema,
                                      std::optional<simdjson::dom::object> in) {
  return check_object(schema, in);
}

}  // namespace chat
