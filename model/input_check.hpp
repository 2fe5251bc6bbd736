#pragma once
// One look at an input: what it holds, and all that is wrong with it.
// Limits: names the first limits::validation_errors_max problems and unknown names.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/schema.hpp"

namespace chat {

class input_check {
 public:
  /// Looks at the whole input; nothing at all counts as {}.
  command_input check_root(const input_schema& schema, std::optional<simdjson::dom::object> in);

  std::vector<input_problem> problems;
  std::vector<std::string> unknown;     ///< paths of what was left out
  std::vector<std::string> missing;     ///< names at the top that are required and absent
  std::vector<std::string> unexpected;  ///< names at the top that the schema does not know

 private:
  using element = simdjson::dom::element;

  input_value check(const input_schema& s, element given);
  input_value check_any_of(const input_schema& s, element given);
  input_value check_choice(const input_schema& s, element given);
  input_value check_text(const input_schema& s, std::string_view text);
  input_value check_number(const input_schema& s, element given);
  input_value check_list(const input_schema& s, simdjson::dom::array list);
  command_input check_object(const input_schema& s, std::optional<simdjson::dom::object> in);
  void check_unknown(const input_schema& s, simdjson::dom::object in, command_input& checked);

  void add(std::string message, std::string_view code, std::string_view expected = {});
  void add_wrong_type(const input_schema& s, std::string_view received, bool is_fraction);
  void add_choice(const input_schema& s);
  std::string path() const { return path_.empty() ? "(root)" : path_; }
  std::size_t step_into(std::string_view name);

  std::string path_;
};

/// What a type of JSON is called.
std::string_view type_name(simdjson::dom::element value);

/// VALIDATION_ERROR as the public contract lays it out.
failure validation_failure(const input_schema& schema, const input_check& check);

}  // namespace chat
