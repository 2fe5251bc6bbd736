#include "model/pipe_condition.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace chat {

namespace {

enum class operand { reference, with_value, with_number, conditions, condition };

struct condition_operator {
  std::string_view name;
  operand takes;
};

constexpr std::array condition_operators{condition_operator{"$exists", operand::reference},
                                         condition_operator{"$eq", operand::with_value},
                                         condition_operator{"$ne", operand::with_value},
                                         condition_operator{"$gt", operand::with_number},
                                         condition_operator{"$gte", operand::with_number},
                                         condition_operator{"$lt", operand::with_number},
                                         condition_operator{"$lte", operand::with_number},
                                         condition_operator{"$and", operand::conditions},
                                         condition_operator{"$or", operand::conditions},
                                         condition_operator{"$not", operand::condition}};

const condition_operator* find_operator(std::string_view name) {
  const auto found = std::ranges::find(condition_operators, name, &condition_operator::name);
  return found == condition_operators.end() ? nullptr : &*found;
}

bool is_pair(const pipe_value& value, bool with_number) {
  return value.is_array() && value.size() == 2 && value[0].is_string() &&
         (!with_number || value[1].is_number());
}

input_problem problem_at(const std::string& path, std::string message) {
  return {path, std::move(message), "custom"};
}

bool compare(std::string_view name, const pipe_value& value, const pipe_value& expected) {
  if (name == "$eq") return value == expected;
  if (name == "$ne") return value != expected;
  if (!value.is_number()) return false;
  if (name == "$gt") return value > expected;
  if (name == "$gte") return value >= expected;
  if (name == "$lt") return value < expected;
  return value <= expected;
}

}  // namespace

std::optional<input_problem> check_condition(const pipe_value& condition, const std::string& path) {
  const auto* found = condition.is_object() && condition.size() == 1
                          ? find_operator(condition.begin().key())
                          : nullptr;
  if (!found)
    return problem_at(path,
                      "Invalid condition: must be an object with one of $exists, $eq, $ne, "
                      "$gt, $gte, $lt, $lte, $and, $or, $not");
  const auto& given = condition.front();
  const auto where = path + '.' + std::string(found->name);
  switch (found->takes) {
    case operand::reference:
      if (given.is_string()) return std::nullopt;
      return problem_at(where, "Invalid condition: expected a reference such as \"$prev.id\"");
    case operand::with_value:
      if (is_pair(given, false)) return std::nullopt;
      return problem_at(where, "Invalid condition: expected [reference, value]");
    case operand::with_number:
      if (is_pair(given, true)) return std::nullopt;
      return problem_at(where, "Invalid condition: expected [reference, number]");
    case operand::condition:
      return check_condition(given, where);
    case operand::conditions:
      if (!given.is_array())
        return problem_at(where, "Invalid condition: expected a list of conditions");
      for (std::size_t i = 0; i < given.size(); ++i)
        if (auto wrong = check_condition(given[i], where + '.' + std::to_string(i))) return wrong;
      return std::nullopt;
  }
  return std::nullopt;
}

bool holds(const pipe_value& condition, pipe_values& values) {
  const auto name = std::string_view(condition.begin().key());
  const auto& given = condition.front();
  const auto is_met = [&](const pipe_value& part) { return holds(part, values); };
  if (name == "$and") return std::ranges::all_of(given, is_met);
  if (name == "$or") return std::ranges::any_of(given, is_met);
  if (name == "$not") return !holds(given, values);
  const auto& reference = name == "$exists" ? given : given[0];
  const auto* value = values.find(reference.get_ref<const std::string&>());
  if (name == "$exists") return value && !value->is_null();
  return value && compare(name, *value, given[1]);
}

}  // namespace chat
