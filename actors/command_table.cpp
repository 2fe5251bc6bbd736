#include "actors/command_table.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "actors/commands/commands.hpp"
#include "model/alike.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

std::span<const command_row> command_table() {
  static const command_row table[] = {
      chat_rooms_row,
      chat_connect_row,
      chat_status_row,
      chat_reconnect_row,
      chat_refresh_token_row,
      chat_disconnect_row,
      chat_poll_row,
      chat_stream_row,
      chat_history_row,
      chat_search_row,
      chat_participants_row,
      chat_send_row,
      chat_edit_row,
      chat_delete_row,
      chat_room_create_row,
      chat_room_update_row,
      chat_room_delete_row,
      chat_webhook_register_row,
      chat_webhook_list_row,
      chat_webhook_delete_row,
      chat_webhook_dead_letters_row,
      chat_webhook_replay_row,
      chat_revoke_row,
      node_status_row,
      node_rooms_row,
      node_sessions_row,
      afd_help_row,
      afd_docs_row,
      afd_schema_row,
      afd_discover_row,
      afd_detail_row,
      afd_call_row,
      afd_batch_row,
      afd_pipe_row,
  };
  return table;
}

const command_row* find_command(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const command_row*> rows;
    for (const auto& row : command_table()) rows.emplace(row.name, &row);
    return rows;
  }();
  const auto found = by_name.find(name == "afd.batch" ? "afd-batch" : name);
  return found == by_name.end() ? nullptr : found->second;
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
