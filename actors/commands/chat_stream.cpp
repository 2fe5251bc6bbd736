#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/page_schema.hpp"

namespace chat {

namespace {

using namespace inputs;

// Called as a plain command it is a poll that does not wait. On /stream/ it goes on
// (net/live_stream.hpp).
void run_chat_stream(command_run_ptr run) { chat_poll_row.run(std::move(run)); }

constexpr std::array stream_fields{
    room_id, last_seen,
    field{.name = "limit",
          .type = integer,
          .description = "Messages at most, where it is called as a plain command",
          .min = 1,
          .max = limits::poll_messages_max,
          .fallback = limits::poll_messages_default},
    field{.name = "maxMessages",
          .type = integer,
          .description = "On /stream/: end after so many messages",
          .min = 1,
          .max = limits::stream_messages_max},
    field{.name = "forMs",
          .type = integer,
          .description = "On /stream/: end after so many milliseconds; else it goes on until you "
                         "close the connection",
          .min = 1,
          .max = limits::stream_for_ms_max}};

constexpr std::string_view stream_tags[] = {"chat", "read", "streaming"};
constexpr errc stream_errors[] = {errc::validation_error, errc::room_not_found, errc::overloaded,
                                  errc::timeout};
constexpr command_example stream_examples[] = {{"From the beginning", R"({"roomId":"general"})"}};

}  // namespace

constinit const command_row chat_stream_row{
    .name = "chat-stream",
    .category = "chat",
    .description =
        "A room's messages as they come: POST /stream/chat-stream sends each as a chunk "
        "of an event stream, edits and deletions in their places. What the room does not hold any "
        "more is told by a progress chunk with the warning HISTORY_TRUNCATED, a position that it "
        "does not know by POSITION_LOST. Called otherwise it answers one page, as chat-poll",
    .tags = stream_tags,
    .fields = stream_fields,
    .output = page_schema,
    .errors = stream_errors,
    .examples = stream_examples,
    .idempotent = true,
    .goes_on = true,
    .needs = scope::read,
    .run = run_chat_stream};

}  // namespace chat
