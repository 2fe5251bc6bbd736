#pragma once
// Whether a step of a pipe is run: `when` and its operators.

#include <optional>
#include <string>

#include "model/pipe_values.hpp"
#include "model/schema.hpp"

namespace chat {

/// What is wrong with a condition; `path` leads to it.
std::optional<input_problem> check_condition(const pipe_value& condition, const std::string& path);

/// Whether a condition holds that passed check_condition. References to what is not there, and
/// texts that are no references, make $exists and every comparison false, $ne as well.
bool holds(const pipe_value& condition, pipe_values& values);

}  // namespace chat
