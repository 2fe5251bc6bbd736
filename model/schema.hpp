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
#include "model/input_schema.hpp"

namespace chat {

enum class field_type {
  string,
  integer,
  number,  ///< whole or not
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

/// One named input. For strings `min` and `max` count characters (code points), for numbers they
/// are the bounds of the value, for lists they count the items; all are inclusive.
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
  bool shown_name = false;                         ///< for strings: others see it (shown_name.hpp)
  std::int64_t item_units_max = 0;                 ///< for texts: of each, which is not empty
  field_list members = {};                         ///< for objects
  /// For strings: counted in UTF-16 code units, as the public chat server counts them.
  bool in_utf16 = false;
  /// null has a meaning of its own (`is_null`). Elsewhere it says that an optional field is absent.
  bool nullable = false;
};

constexpr std::span<const field> field_list::span() const { return {first_, size_}; }

/// Fields as the schema that input is checked against. Make it once: checks are cheap, this is not.
class field_schema {
 public:
  /// `null_is_absent`: as for input_schema.
  explicit field_schema(std::span<const field> fields, bool null_is_absent = true);
  const input_schema& root() const { return *root_; }

 private:
  input_schemas schemas_;
  const input_schema* root_;
};

/// Checked input: a value or nothing for each property of its schema.
class command_input {
 public:
  explicit command_input(const input_schema& schema)
      : schema_(&schema), values_(schema.properties.size()) {}

  /// Whether there is a value, null counting as none.
  bool has(std::string_view name) const;
  /// Whether it is null, of a field that may be.
  bool is_null(std::string_view name) const;
  /// The text given, or an empty one. Of a field that takes any JSON, that JSON.
  std::string_view text(std::string_view name) const;
  /// The whole number given, or the field's fallback, or 0.
  std::int64_t integer(std::string_view name) const;
  /// The number given, or 0.
  double number(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// The list given, or an empty one; one text is a list of one.
  std::vector<std::string> texts(std::string_view name) const;
  /// The objects given, or none; one object is a list of one.
  std::span<const command_input> objects(std::string_view name) const;

  /// The fields of its schema, where it was made of fields.
  std::span<const field> fields() const { return schema_->fields; }
  const input_schema& schema() const { return *schema_; }
  /// The value of a property of the schema, by its place there.
  const input_value& at(std::size_t index) const { return values_[index]; }
  /// Values of names that the schema does not know and keeps, in the order given.
  const std::vector<std::pair<std::string, input_value>>& more() const { return more_; }

  void set(std::size_t index, input_value v) { values_[index] = std::move(v); }
  void keep(std::string_view name, input_value v) { more_.emplace_back(name, std::move(v)); }

 private:
  const input_value* find(std::string_view name) const;

  const input_schema* schema_;
  std::vector<input_value> values_;
  std::vector<std::pair<std::string, input_value>> more_;
};

/// Input that passed, with the names of fields nobody knows.
struct checked_input {
  command_input input;
  std::vector<std::string> unknown;
};

/// Checks `object` against a schema. Wrong types are not coerced; unknown fields pass and are
/// named. The failure is VALIDATION_ERROR with the details of the contract's section 2, in the
/// order and the words of the public AFD contract. Nothing in `object` (no input at all) counts as
/// `{}`. Of many errors it names the first ones.
result<checked_input> check_input(const input_schema& schema,
                                  std::optional<simdjson::dom::element> object);

/// What is wrong with a part of an input; `path` leads there: `steps.1.when`.
struct input_problem {
  std::string path;
  std::string message;
  std::string_view code;           ///< a word of the public server's validator
  std::string_view expected = {};  ///< with invalid_type: the type
};

/// VALIDATION_ERROR for what a schema cannot say.
failure invalid_input(std::span<const field> fields, const std::vector<input_problem>& problems);

/// The schema as JSON Schema (2020-12), without line breaks.
std::string to_json_schema(std::span<const field> fields);
/// The same of one field.
std::string to_json_schema(const field& f);

}  // namespace chat
