#include "actors/command_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "actors/commands/commands.hpp"
#include "model/limits.hpp"

namespace chat {

namespace {

using enum field_type;
using names = std::string_view[];

constexpr std::int64_t room_chars = limits::room_id_chars_max;
constexpr std::int64_t credential_units = limits::credential_units_max;

// --- Inputs ------------------------------------------------------------------------------------

constexpr field room_id{.name = "roomId",
                        .required = true,
                        .description = "Chat room ID, as chat-rooms lists it",
                        .min = 1,
                        .max = room_chars};
constexpr field session_id{.name = "sessionId",
                           .required = true,
                           .description = "Session ID, as chat-connect answered it",
                           .min = 1,
                           .max = credential_units};

constexpr std::array rooms_fields{
    field{.name = "search",
          .description = "Only rooms whose id or name contains this",
          .max = static_cast<std::int64_t>(limits::room_name_units_max)},
    field{.name = "limit",
          .type = integer,
          .description = "Rooms on one page",
          .min = 1,
          .max = limits::rooms_page_max,
          .fallback = limits::rooms_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before",
          .max = static_cast<std::int64_t>(limits::room_id_chars_max)}};

constexpr std::array connect_fields{
    room_id, field{.name = "nickname",
                   .description = "Display name",
                   .min = 1,
                   .max = static_cast<std::int64_t>(limits::nickname_units_max)}};

constexpr std::array status_fields{session_id};

constexpr std::array reconnect_fields{
    session_id, field{.name = "lastMessageId",
                      .description = "ID of the last message you got; what came after it is "
                                     "replayed. Without it the node goes by what it sent",
                      .min = 1,
                      .max = credential_units}};

constexpr std::array refresh_fields{session_id,
                                    field{.name = "currentToken",
                                          .required = true,
                                          .description = "The newest token of this session",
                                          .min = 1,
                                          .max = credential_units}};

constexpr std::array disconnect_fields{
    session_id, field{.name = "reason",
                      .description = "Why the session ends, for the log",
                      .max = static_cast<std::int64_t>(limits::reason_units_max)}};

constexpr std::array poll_fields{
    room_id,
    field{.name = "since",
          .description = "ID of the last message seen; without it the room's oldest messages come",
          .max = credential_units},
    field{.name = "limit",
          .type = integer,
          .description = "Messages at most",
          .min = 1,
          .max = limits::poll_messages_max,
          .fallback = limits::poll_messages_default}};

constexpr std::array send_fields{
    room_id,
    field{.name = "text",
          .required = true,
          .description = "What to say",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::text_units_max)},
    field{.name = "sessionId",
          .description = "Send as this session, with its nickname",
          .min = 1,
          .max = credential_units},
    field{.name = "clientMessageId",
          .description = "Your own ID of this message: sent twice with it, it is stored once",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::client_message_id_units_max)}};

constexpr std::array room_create_fields{
    field{.name = "roomId",
          .required = true,
          .description = "ID of the new room: 1 to 64 of A-Z a-z 0-9 . _ -",
          .min = 1,
          .max = room_chars,
          .room_id = true},
    field{.name = "name",
          .description = "Display name; the ID without one",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::room_name_units_max)},
    field{.name = "description",
          .description = "What the room is for",
          .max = static_cast<std::int64_t>(limits::room_description_units_max)},
    field{.name = "maxParticipants",
          .type = integer,
          .description = "How many may be connected at a time",
          .min = 1,
          .max = limits::participants_max,
          .fallback = limits::participants_default}};

constexpr std::string_view help_formats[] = {"brief", "full"};
constexpr std::array help_fields{
    field{.name = "filter", .description = "Part of a tag, category or name", .max = 64},
    field{.name = "format",
          .description = "brief (default) or full: with tags and examples",
          .max = 16,
          .choices = help_formats}};

constexpr std::string_view schema_formats[] = {"json", "typescript"};
constexpr std::array schema_fields{field{.name = "format",
                                         .description = "json (default) or typescript",
                                         .max = 16,
                                         .choices = schema_formats}};

// --- Tags, errors, examples --------------------------------------------------------------------

constexpr names rooms_tags = {"chat", "read", "safe"};
constexpr names connect_tags = {"chat", "handoff", "handoff:websocket"};
constexpr names status_tags = {"chat", "read"};
constexpr names reconnect_tags = {"chat", "handoff", "handoff:websocket"};
constexpr names refresh_tags = {"chat", "write", "safe"};
constexpr names disconnect_tags = {"chat", "write", "safe"};
constexpr names poll_tags = {"chat", "read", "agent-friendly"};
constexpr names send_tags = {"chat", "write", "agent-friendly"};
constexpr names room_create_tags = {"chat", "write", "admin"};
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

constexpr command_example rooms_examples[] = {{"All rooms", "{}"}};
constexpr command_example connect_examples[] = {
    {"Join general as Ada", R"({"roomId":"general","nickname":"Ada"})"}};
constexpr command_example poll_examples[] = {
    {"Read a room from its beginning", R"({"roomId":"general"})"}};
constexpr command_example send_examples[] = {
    {"Say hello", R"({"roomId":"general","text":"Hello"})"}};
constexpr command_example room_create_examples[] = {
    {"A room for ten", R"({"roomId":"team","name":"Team","maxParticipants":10})"}};
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
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_rooms},
    command_row{.name = "chat-connect",
                .category = "chat",
                .description = "Connect to a chat room for real-time messaging",
                .tags = connect_tags,
                .fields = connect_fields,
                .errors = connect_errors,
                .examples = connect_examples,
                .mutation = true,
                .destructive = false,
                .idempotent = false,
                .opens_session = true,
                .handoff_protocol = "websocket",
                .version = "1.0.0",
                .run = run_chat_connect},
    command_row{.name = "chat-status",
                .category = "chat",
                .description = "Get status of a chat session",
                .tags = status_tags,
                .fields = status_fields,
                .errors = status_errors,
                .examples = {},
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_status},
    command_row{.name = "chat-reconnect",
                .category = "chat",
                .description = "Get a token to connect a session again, without missing a message",
                .tags = reconnect_tags,
                .fields = reconnect_fields,
                .errors = reconnect_errors,
                .examples = {},
                .mutation = true,
                .destructive = false,
                .idempotent = false,
                .handoff_protocol = "websocket",
                .version = "1.0.0",
                .run = run_chat_reconnect},
    command_row{.name = "chat-refresh-token",
                .category = "chat",
                .description = "Exchange the newest token of a session before it runs out",
                .tags = refresh_tags,
                .fields = refresh_fields,
                .errors = refresh_errors,
                .examples = {},
                .mutation = true,
                .destructive = false,
                .idempotent = false,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_refresh_token},
    command_row{.name = "chat-disconnect",
                .category = "chat",
                .description = "End a chat session",
                .tags = disconnect_tags,
                .fields = disconnect_fields,
                .errors = disconnect_errors,
                .examples = {},
                .mutation = true,
                .destructive = true,
                .idempotent = false,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_disconnect},
    command_row{.name = "chat-poll",
                .category = "chat",
                .description = "Poll for new messages (fallback for agents without WebSocket)",
                .tags = poll_tags,
                .fields = poll_fields,
                .errors = poll_errors,
                .examples = poll_examples,
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_poll},
    command_row{.name = "chat-send",
                .category = "chat",
                .description = "Send a message to a room; answered once it is stored",
                .tags = send_tags,
                .fields = send_fields,
                .errors = send_errors,
                .examples = send_examples,
                .mutation = true,
                .destructive = false,
                .idempotent = false,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_send},
    command_row{.name = "chat-room-create",
                .category = "chat",
                .description = "Create a chat room that outlives the node",
                .tags = room_create_tags,
                .fields = room_create_fields,
                .errors = room_create_errors,
                .examples = room_create_examples,
                .mutation = true,
                .destructive = false,
                .idempotent = false,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_chat_room_create},
    command_row{.name = "node-status",
                .category = "node",
                .description = "How the node is doing: connections, sessions, messages, storage",
                .tags = node_tags,
                .fields = {},
                .errors = common_errors,
                .examples = {},
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_node_status},
    command_row{.name = "afd-help",
                .category = "bootstrap",
                .description = "List the commands of this node with what they are for",
                .tags = bootstrap_tags,
                .fields = help_fields,
                .errors = common_errors,
                .examples = help_examples,
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_afd_help},
    command_row{.name = "afd-schema",
                .category = "bootstrap",
                .description = "The inputs of every command, as JSON Schema or TypeScript",
                .tags = bootstrap_tags,
                .fields = schema_fields,
                .errors = common_errors,
                .examples = schema_examples,
                .mutation = false,
                .destructive = false,
                .idempotent = true,
                .handoff_protocol = {},
                .version = "1.0.0",
                .run = run_afd_schema},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

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
  const auto asked = lower(name);
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
