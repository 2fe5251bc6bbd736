#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/handoff_json.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string duration_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds % 60 == 0 ? std::to_string(seconds / 60) + " minutes"
                           : std::to_string(seconds) + " seconds";
}

// Opens a session and hands off to the WebSocket.
void run_chat_connect(command_run_ptr run) {
  std::string nickname(run->in().text("nickname"));
  if (nickname.empty()) nickname = run->who().name.empty() ? "Anonymous" : run->who().name;
  open_session q{std::string(run->in().text("roomId")), run->who(), std::move(nickname)};
  ask_for<session_opened>(run, run->hub(), std::move(q), [run](const session_opened& opened) {
    command_result r;
    r.data = handoff_json(*run, {.room = opened.room,
                                 .session_id = opened.session_id,
                                 .token = opened.token,
                                 .expires_ms = opened.expires_ms});
    r.reasoning = "Session created for room \"" + opened.room.name +
                  "\". Connect to the WebSocket URL within " +
                  duration_text(run->node().timeouts.handoff) + '.';
    r.hints = R"({"handoffType":"websocket","consumable":false,"delegateToUser":true,)"
              R"("fallbackCommand":"chat-poll"})";
    run->finish(std::move(r));
  });
}

constexpr std::array connect_fields{
    room_id, field{.name = "nickname",
                   .description = "Display name",
                   .min = 1,
                   .max = static_cast<std::int64_t>(limits::nickname_units_max)}};

constexpr std::string_view connect_tags[] = {"chat", "handoff", "handoff:websocket"};
constexpr errc connect_errors[] = {errc::validation_error,    errc::room_not_found,
                                   errc::room_full,           errc::node_full,
                                   errc::storage_unavailable, errc::timeout};
constexpr command_example connect_examples[] = {
    {"Join general as Ada", R"({"roomId":"general","nickname":"Ada"})"}};

}  // namespace

constinit const command_row chat_connect_row{
    .name = "chat-connect",
    .category = "chat",
    .description = "Connect to a chat room for real-time messaging",
    .tags = connect_tags,
    .fields = connect_fields,
    .output = handoff_schema,
    .errors = connect_errors,
    .examples = connect_examples,
    .mutation = true,
    .opens_session = true,
    .handoff_protocol = "websocket",
    .needs = scope::write,
    .run = run_chat_connect};

}  // namespace chat
