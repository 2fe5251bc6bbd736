#pragma once
// Results for people: what happened, the data as lines and tables, and what to do next.

#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/paint.hpp"

namespace chat::cli {

/// A CommandResult. `verbose`: with confidence, sources, details and how long it took.
std::string render_result(const json& result, const paint& colours, bool verbose);
/// A BatchResult. `verbose`: with the data of each command.
std::string render_batch(const json& batch, const paint& colours, bool verbose);
/// Any data, indented by two columns: an object as aligned lines, a list of objects as a table.
std::string render_data(const json& data, const paint& colours);
/// Tools, by category.
std::string render_tools(const std::vector<json>& tools, const paint& colours);
/// Message, suggestion and code.
std::string render_trouble(const trouble& why, const paint& colours);
/// Rows under a head, in columns.
std::string render_table(const std::vector<std::string>& head,
                         const std::vector<std::vector<std::string>>& rows, const paint& colours);

/// What a command's tool says it belongs to; else its name up to the first dash.
std::string category_of(const json& tool);
/// The same failure as a CommandResult, for --json.
json result_of(const trouble& why);
/// A value as one writes it behind `key=`, quoted for a shell.
std::string as_argument(const json& value);

}  // namespace chat::cli
