#pragma once
// What an input may be, as a tree of schemas: the part of JSON Schema that the public AFD contract
// requires, and anyOf.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chat {

struct field;
struct input_schema;
class command_input;

/// JSON that is kept as it came.
struct raw_json {
  std::string text;
};

/// A checked value. One object is a list of one.
struct input_value {
  using list = std::vector<input_value>;
  using objects = std::shared_ptr<const std::vector<command_input>>;
  std::variant<std::monostate, std::nullptr_t, bool, std::int64_t, double, std::string, raw_json,
               list, objects>
      v;
};

/// Types of JSON, to be added up. An integer is a number without a fraction, however written.
namespace json_types {
constexpr unsigned null = 1;
constexpr unsigned boolean = 2;
constexpr unsigned integer = 4;
constexpr unsigned number = 8;
constexpr unsigned string = 16;
constexpr unsigned array = 32;
constexpr unsigned object = 64;
}  // namespace json_types

/// A bound of a number.
struct number_bound {
  double value = 0;
  bool is_exclusive = false;
};

/// A value that is allowed.
struct input_choice {
  std::string json;  ///< compact
  std::optional<std::string> text = {};
  std::optional<double> number = {};
};

struct input_property {
  std::string name;
  const input_schema* schema = nullptr;
  bool required = false;
  input_value fallback = {};  ///< what stands for it when it is absent; not checked
};

/// What becomes of names that an object does not know.
enum class unknown_names : std::uint8_t { left_out, refused, kept };

/// One schema. It lives in an `input_schemas`, as those it points to.
struct input_schema {
  unsigned types = 0;                            ///< 0: any JSON, kept as it came
  std::vector<input_choice> choices = {};        ///< if any, nothing else is looked at
  std::vector<const input_schema*> any_of = {};  ///< if any, the first that fits
  std::string_view any_of_hint = {};             ///< of what fits, for people

  std::optional<number_bound> least = {};
  std::optional<number_bound> most = {};

  std::int64_t length_min = 0;  ///< of texts, in characters (code points) …
  std::optional<std::int64_t> length_max = {};
  bool in_utf16 = false;          ///< … or in UTF-16 code units
  std::string_view pattern = {};  ///< as JSON Schema says what `fits` finds out
  bool (*fits)(std::string_view text) = nullptr;
  /// What a text that is not empty is kept as; nothing where it breaks the rule.
  std::optional<std::string> (*form)(std::string_view text) = nullptr;
  std::string_view form_rule = {};

  std::int64_t items_min = 0;
  std::optional<std::int64_t> items_max = {};
  const input_schema* items = nullptr;  ///< null: any

  /// Of an object. Without properties, and with unknown names kept as they are, it is any object,
  /// kept as it came.
  std::vector<input_property> properties = {};
  unknown_names unknown = unknown_names::left_out;
  const input_schema* additional = nullptr;  ///< of names that are kept; null: any
  /// null says that an optional property is absent, unless its schema allows null.
  bool null_is_absent = true;
  std::span<const field> fields = {};  ///< what the properties were made of

  bool keeps_object() const {
    return properties.empty() && unknown == unknown_names::kept && !additional;
  }
};

/// Schemas that point to one another. Adding one moves none.
using input_schemas = std::deque<input_schema>;

}  // namespace chat
