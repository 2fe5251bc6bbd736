#pragma once
// What a command takes: described once, used to check input and to tell clients (JSON Schema).

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/failure.hpp"

namespace chat {

enum class field_type {
  string,
  integer,
  boolean,
  texts,          ///< a list of texts
  text_or_texts,  ///< one text, or a list of them
  object,         ///< with members of its own
  objects,        ///< a list of such
  json,           ///< anything; kept as JSON text
  json_object,    ///< any object; kept as JSON text
};

struct field;

/// A span of fields, which `field` itself may have: std::span wants its elements complete.
class field_list {
 public:
  constexpr field_list() = default;
  template <std::size_t size>
  constexpr field_list(const std::array<field, size>& fields)  // NOLINT: as std::span
      : first_(fields.data()), size_(size) {}
  constexpr std::span<const field> span() const;

 private:
  const field* first_ = nullptr;
  std::size_t size_ = 0;
};

/// One named input. For strings `min` and `max` count UTF-16 code units, for integers they are
/// the bounds of the value, for lists they count the items; all are inclusive.
struct field {
  std::string_view name;
  field_type type = field_type::string;
  bool required = false;
  std::string_view description;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::optional<std::int64_t> fallback = {};       ///< for integers: the value when absent
  std::span<const std::string_view> choices = {};  ///< for strings: the only values allowed
  bool room_id = false;                            ///< for strings: must be a valid room id
  std::int64_t item_units_max = 0;                 ///< for texts: of each, which is not empty
  field_list members = {};                         ///< for objects
  bool nullable = false;  ///< for strings: null has a meaning of its own, and is an empty text
};

constexpr std::span<const field> field_list::span() const { return {first_, size_}; }

/// Checked input: a value or nothing for each field, in the order of the schema.
class command_input {
 public:
  explicit command_input(std::span<const field> fields) : fields_(fields), values_(fields.size()) {}

  bool has(std::string_view name) const;
  /// The text given, or an empty one. Of a field that takes any JSON, that JSON.
  std::string_view text(std::string_view name) const;
  /// The number given, or the field's fallback, or 0.
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// The list given, or an empty one; one text is a list of one.
  std::vector<std::string> texts(std::string_view name) const;
  /// The objects given, or none; one object is a list of one.
  std::span<const command_input> objects(std::string_view name) const;

  std::span<const field> fields() const { return fields_; }

  using value = std::variant<std::monostate, std::string, std::int64_t, bool,
                             std::vector<std::string>, std::vector<command_input>>;
  void set(std::size_t index, value v) { values_[index] = std::move(v); }

 private:
  const value* find(std::string_view name) const;
  std::span<const field> fields_;
  std::vector<value> values_;
};

/// Input that passed, with the names of fields nobody knows.
struct checked_input {
  command_input input;
  std::vector<std::string> unknown;
};

/// Checks `object` against `fields`. Wrong types are not coerced; unknown fields pass and are
/// named. The failure is VALIDATION_ERROR with the details of the contract's section 2. Nothing
/// in `object` (no input at all) counts as `{}`. Of many errors it names the first ones.
result<checked_input> check_input(std::span<const field> fields,
                                  std::optional<simdjson::dom::element> object);

/// What is wrong with a part of an input; `path` leads there: `steps.1.when`.
struct input_problem {
  std::string path;
  std::string message;
  std::string_view code;  ///< a word of the public server's validator
};

/// VALIDATION_ERROR for what a schema cannot say.
failure invalid_input(std::span<const field> fields, const std::vector<input_problem>& problems);

/// The schema as JSON Schema (2020-12), without line breaks.
std::string to_json_schema(std::span<const field> fields);
/// The same of one field.
std::string to_json_schema(const field& f);

}  // namespace chat
