#include "actors/command_table.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <unordered_map>

#include "model/alike.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

const command_row* find_command(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const command_row*> rows;
    for (const auto& row : command_table()) rows.emplace(row.name, &row);
    return rows;
  }();
  const auto found = by_name.find(name == "afd.batch" ? "afd-batch" : name);
  return found == by_name.end() ? nullptr : found->second;
}

const input_schema& input_schema_of(const command_row& row) {
  static const auto by_row = [] {
    std::unordered_map<const command_row*, std::unique_ptr<const field_schema>> schemas;
    for (const auto& each : command_table())
      schemas.emplace(&each, std::make_unique<field_schema>(each.fields, !each.refused));
    return schemas;
  }();
  return by_row.at(&row)->root();
}

bool takes(const command_row& row, std::string_view name) {
  return std::ranges::find(row.fields, name, &field::name) != row.fields.end();
}

std::vector<errc> errors_of(const command_row& row) {
  std::vector<errc> all(row.errors.begin(), row.errors.end());
  const auto add = [&](errc code) {
    if (std::ranges::find(all, code) == all.end()) all.push_back(code);
  };
  if (takes(row, "idempotencyKey")) add(errc::duplicate_conflict);
  if (row.needs > scope::read) add(errc::forbidden);
  return all;
}

std::vector<std::string_view> similar_commands(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& row : command_table()) names.push_back(row.name);
  return most_alike(name, names);
}

std::string shown_command(std::string_view name) {
  std::string shown(utf16_prefix(name, limits::command_name_shown_units));
  if (shown.size() < name.size()) shown += "…";
  return shown;
}

failure command_not_found(std::string_view name) {
  const auto similar = similar_commands(name);
  std::string suggestion;
  if (!similar.empty()) {
    suggestion = "Did you mean '" + std::string(similar[0]) + "'? ";
    for (std::size_t i = 1; i < similar.size(); ++i) {
      suggestion += i == 1 ? "Other close matches: '" : ", '";
      suggestion += similar[i];
      suggestion += '\'';
    }
    if (similar.size() > 1) suggestion += ". ";
  }
  return make_failure(errc::command_not_found, "Command '" + shown_command(name) + "' not found",
                      suggestion + "Use afd-help to list all commands.");
}

}  // namespace chat
