#pragma once
// What a command takes: described once, used to check input and to tell clients (JSON Schema).

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/failure.hpp"

namespace chat {

enum class field_type { string, integer, boolean, texts };

/// One named input. For strings `min` and `max` count UTF-16 code units, for integers they are
/// the bounds of the value, for lists of texts they count the items; all are inclusive.
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
};

/// Checked input: a value or nothing for each field, in the order of the schema.
class command_input {
 public:
  explicit command_input(std::span<const field> fields) : fields_(fields), values_(fields.size()) {}

  bool has(std::string_view name) const;
  /// The text given, or an empty one.
  std::string_view text(std::string_view name) const;
  /// The number given, or the field's fallback, or 0.
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// The list given, or an empty one.
  std::vector<std::string> texts(std::string_view name) const;

  std::span<const field> fields() const { return fields_; }

  using value =
      std::variant<std::monostate, std::string, std::int64_t, bool, std::vector<std::string>>;
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
/// in `object` (no input at all) counts as `{}`.
result<checked_input> check_input(std::span<const field> fields,
                                  std::optional<simdjson::dom::element> object);

/// The schema as JSON Schema (2020-12), without line breaks.
std::string to_json_schema(std::span<const field> fields);
/// The schema as a TypeScript type.
std::string to_typescript(std::span<const field> fields);

}  // namespace chat
