#include "actors/ask.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/handoff_json.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string duration_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds % 60 == 0 ? std::to_string(seconds / 60) + " minutes"
                           : std::to_string(seconds) + " seconds";
}

// Opens a session and hands off to its WebSocket or event stream.
void run_chat_connect(command_run_ptr run) {
  std::string nickname(run->in().text("nickname"));
  if (nickname.empty()) nickname = run->who().name.empty() ? "Anonymous" : run->who().name;
  open_session q{std::string(run->in().text("roomId")), run->who(), nickname};
  if (run->in().text("transport") == "sse") q.transport = session_transport::sse;
  q.kind = run->speaks_as();
  if (run->in().has("kind"))
    q.kind = run->in().text("kind") == "agent" ? participant_kind::agent : participant_kind::human;
  q.dry_run = run->is_dry();
  const auto transport = q.transport;
  const auto kind = q.kind;
  ask_for<session_opened>(run, run->hub(), std::move(q), [=](const session_opened& opened) {
    if (run->is_dry())
      return run->would("open a session in room \"" + opened.room.name +
                        "\", and answer its token");
    command_result r;
    r.data = handoff_json(*run, {.room = opened.room,
                                 .session_id = opened.session_id,
                                 .token = opened.token,
                                 .expires_ms = opened.expires_ms,
                                 .transport = transport,
                                 .nickname = nickname});
    r.reasoning = "Session created for room \"" + opened.room.name + "\". " +
                  (transport == session_transport::sse ? "Open the event stream within "
                                                       : "Connect to the WebSocket URL within ") +
                  duration_text(run->node().timeouts.handoff) + '.';
    r.hints = handoff_hints(transport, kind);
    r.undo = chat_disconnect_row.name;
    json_writer(r.undo_args).begin_object().field("sessionId", opened.session_id).end_object();
    run->finish(std::move(r));
  });
}

constexpr std::string_view transports[] = {"websocket", "sse"};
constexpr std::string_view participant_kinds[] = {"human", "agent"};
constexpr std::array connect_fields{
    room_id,
    field{.name = "nickname",
          .description = "Display name",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::nickname_units_max),
          .shown_name = true,
          .in_utf16 = true},
    field{.name = "transport",
          .description = "websocket, the default: both ways. sse: server-sent events over plain "
                         "HTTP, to read; post with chat-send and the sessionId",
          .max = 16,
          .choices = transports},
    field{.name = "kind",
          .description = "Who is going to speak, as chat-participants shows it. Without it: agent "
                         "when called over MCP, else human",
          .max = 16,
          .choices = participant_kinds},
    idempotency_key,
    dry_run};

constexpr std::string_view connect_tags[] = {"chat", "handoff", "handoff:websocket", "handoff:sse",
                                             "handoff:resumable"};
constexpr errc connect_errors[] = {errc::validation_error,    errc::room_not_found,
                                   errc::room_full,           errc::node_full,
                                   errc::storage_unavailable, errc::timeout};
constexpr command_example connect_examples[] = {
    {"Join general as Ada", R"({"roomId":"general","nickname":"Ada"})"},
    {"Follow general without WebSockets", R"({"roomId":"general","transport":"sse"})"}};

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
