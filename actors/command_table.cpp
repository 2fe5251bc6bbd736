#include "actors/command_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using namespace inputs;
using names = std::string_view[];

// --- Tags, errors, examples --------------------------------------------------------------------

constexpr names rooms_tags = {"chat", "read", "safe"};
constexpr names connect_tags = {"chat", "handoff", "handoff:websocket"};
constexpr names status_tags = {"chat", "read"};
constexpr names reconnect_tags = {"chat", "handoff", "handoff:websocket"};
constexpr names refresh_tags = {"chat", "write", "safe"};
constexpr names disconnect_tags = {"chat", "write", "safe"};
constexpr names poll_tags = {"chat", "read", "agent-friendly"};
constexpr names send_tags = {"chat", "write", "agent-friendly"};
constexpr names room_admin_tags = {"chat", "write", "admin"};
constexpr names node_tags = {"node", "read", "safe"};
constexpr names bootstrap_tags = {"bootstrap", "read", "safe"};

using enum errc;
constexpr errc common_errors[] = {validation_error, timeout};
constexpr errc connect_errors[] = {validation_error, room_not_found,      room_full,
                                   node_full,        storage_unavailable, timeout};
constexpr errc reconnect_errors[] = {
    validation_error,      session_not_found, forbidden, errc::session_closed,
    errc::session_expired, max_reconnects,    timeout};
constexpr errc refresh_errors[] = {
    validation_error,      session_not_found, forbidden,  errc::session_closed,
    errc::session_expired, invalid_token,     overloaded, timeout};
constexpr errc status_errors[] = {validation_error, session_not_found, forbidden, timeout};
constexpr errc disconnect_errors[] = {
    validation_error,      session_not_found,   forbidden, errc::session_closed,
    errc::session_expired, storage_unavailable, timeout};
constexpr errc poll_errors[] = {validation_error, room_not_found, timeout};
constexpr errc send_errors[] = {validation_error,     room_not_found,
                                session_not_found,    forbidden,
                                errc::session_closed, errc::session_expired,
                                duplicate_conflict,   storage_unavailable,
                                overloaded,           timeout};
constexpr errc room_create_errors[] = {validation_error, already_exists, storage_unavailable,
                                       node_full, timeout};

constexpr errc room_update_errors[] = {validation_error, room_not_found, storage_unavailable,
                                       overloaded, timeout};
constexpr errc revoke_errors[] = {validation_error, session_not_found, storage_unavailable,
                                  timeout};

constexpr command_example rooms_examples[] = {{"All rooms", "{}"}};
constexpr command_example connect_examples[] = {
    {"Join general as Ada", R"({"roomId":"general","nickname":"Ada"})"}};
constexpr command_example poll_examples[] = {
    {"Read a room from its beginning", R"({"roomId":"general"})"}};
constexpr command_example send_examples[] = {
    {"Say hello", R"({"roomId":"general","text":"Hello"})"}};
constexpr command_example room_create_examples[] = {
    {"A room for ten", R"({"roomId":"team","name":"Team","maxParticipants":10})"}};
constexpr command_example room_update_examples[] = {
    {"Only for two", R"({"roomId":"team","visibility":"private","members":["ada","bob"]})"}};
constexpr command_example help_examples[] = {{"Commands about chat", R"({"filter":"chat"})"}};
constexpr command_example schema_examples[] = {{"As TypeScript", R"({"format":"typescript"})"}};

// --- The table ---------------------------------------------------------------------------------

constexpr std::array table{
    command_row{.name = "chat-rooms",
                .category = "chat",
                .description = "List the chat rooms and how many people are in each",
                .tags = rooms_tags,
                .fields = rooms_fields,
                .errors = common_errors,
                .examples = rooms_examples,
                .idempotent = true,
                .needs = scope::read,
                .run = run_chat_rooms},
    command_row{.name = "chat-connect",
                .category = "chat",
                .description = "Connect to a chat room for real-time messaging",
                .tags = connect_tags,
                .fields = connect_fields,
                .errors = connect_errors,
                .examples = connect_examples,
                .mutation = true,
                .opens_session = true,
                .handoff_protocol = "websocket",
                .needs = scope::write,
                .run = run_chat_connect},
    command_row{.name = "chat-status",
                .category = "chat",
                .description = "Get status of a chat session",
                .tags = status_tags,
                .fields = status_fields,
                .errors = status_errors,
                .idempotent = true,
                .needs = scope::read,
                .run = run_chat_status},
    command_row{.name = "chat-reconnect",
                .category = "chat",
                .description = "Get a token to connect a session again, without missing a message",
                .tags = reconnect_tags,
                .fields = reconnect_fields,
                .errors = reconnect_errors,
                .mutation = true,
                .handoff_protocol = "websocket",
                .needs = scope::write,
                .run = run_chat_reconnect},
    command_row{.name = "chat-refresh-token",
                .category = "chat",
                .description = "Exchange the newest token of a session before it runs out",
                .tags = refresh_tags,
                .fields = refresh_fields,
                .errors = refresh_errors,
                .mutation = true,
                .needs = scope::write,
                .run = run_chat_refresh_token},
    command_row{.name = "chat-disconnect",
                .category = "chat",
                .description = "End a chat session",
                .tags = disconnect_tags,
                .fields = disconnect_fields,
                .errors = disconnect_errors,
                .mutation = true,
                .destructive = true,
                .needs = scope::write,
                .run = run_chat_disconnect},
    command_row{.name = "chat-poll",
                .category = "chat",
                .description = "Poll for new messages (fallback for agents without WebSocket)",
                .tags = poll_tags,
                .fields = poll_fields,
                .errors = poll_errors,
                .examples = poll_examples,
                .idempotent = true,
                .needs = scope::read,
                .run = run_chat_poll},
    command_row{.name = "chat-send",
                .category = "chat",
                .description = "Send a message to a room; answered once it is stored",
                .tags = send_tags,
                .fields = send_fields,
                .errors = send_errors,
                .examples = send_examples,
                .mutation = true,
                .needs = scope::write,
                .run = run_chat_send},
    command_row{.name = "chat-room-create",
                .category = "chat",
                .description = "Create a chat room that outlives the node",
                .tags = room_admin_tags,
                .fields = room_create_fields,
                .errors = room_create_errors,
                .examples = room_create_examples,
                .mutation = true,
                .needs = scope::admin,
                .run = run_chat_room_create},
    command_row{.name = "chat-room-update",
                .category = "chat",
                .description = "Change a room: its name, size, or who may know of it",
                .tags = room_admin_tags,
                .fields = room_update_fields,
                .errors = room_update_errors,
                .examples = room_update_examples,
                .mutation = true,
                .idempotent = true,
                .needs = scope::admin,
                .run = run_chat_room_update},
    command_row{.name = "chat-room-delete",
                .category = "chat",
                .description = "Delete a room with all its messages; who is in it is sent away",
                .tags = room_admin_tags,
                .fields = room_delete_fields,
                .errors = room_update_errors,
                .mutation = true,
                .destructive = true,
                .needs = scope::admin,
                .run = run_chat_room_delete},
    command_row{.name = "chat-revoke",
                .category = "chat",
                .description = "End a session, or all sessions of a user, whoever opened them",
                .tags = room_admin_tags,
                .fields = revoke_fields,
                .errors = revoke_errors,
                .mutation = true,
                .destructive = true,
                .idempotent = true,
                .needs = scope::admin,
                .run = run_chat_revoke},
    command_row{.name = "node-status",
                .category = "node",
                .description = "How the node is doing: connections, sessions, messages, storage",
                .tags = node_tags,
                .fields = {},
                .errors = common_errors,
                .idempotent = true,
                .needs = scope::admin,
                .run = run_node_status},
    command_row{.name = "afd-help",
                .category = "bootstrap",
                .description = "List the commands of this node with what they are for",
                .tags = bootstrap_tags,
                .fields = help_fields,
                .errors = common_errors,
                .examples = help_examples,
                .idempotent = true,
                .needs = scope::read,
                .run = run_afd_help},
    command_row{.name = "afd-schema",
                .category = "bootstrap",
                .description = "The inputs of every command, as JSON Schema or TypeScript",
                .tags = bootstrap_tags,
                .fields = schema_fields,
                .errors = common_errors,
                .examples = schema_examples,
                .idempotent = true,
                .needs = scope::read,
                .run = run_afd_schema},
};

// Levenshtein distance, one row at a time. Both texts are short: callers cut them.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::span<const command_row> command_table() { return table; }

const command_row* find_command(std::string_view name) {
  const auto found = std::ranges::find(table, name, &command_row::name);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> similar_commands(std::string_view name) {
  constexpr std::size_t name_bytes_max = 128;  // longer names are no typing errors
  if (name.size() > name_bytes_max) return {};
  std::vector<std::pair<double, std::string_view>> ranked;
  const auto asked = ascii_lower(name);
  for (const auto& row : table) {
    const auto longest = static_cast<double>(std::max(asked.size(), row.name.size()));
    const auto alike = 1.0 - static_cast<double>(edit_distance(asked, row.name)) / longest;
    if (alike >= limits::similarity_min) ranked.emplace_back(alike, row.name);
  }
  std::ranges::stable_sort(ranked, std::ranges::greater{},
                           &std::pair<double, std::string_view>::first);
  std::vector<std::string_view> best;
  for (const auto& [alike, command] : ranked)
    if (best.size() < limits::similar_commands_max) best.push_back(command);
  return best;
}

}  // namespace chat
