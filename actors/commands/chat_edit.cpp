#include "actors/commands/commands.hpp"
#include "actors/commands/message_change.hpp"

namespace chat {

namespace {

using namespace inputs;

// The caller's own message, or any for an admin, says something else from now on.
void run_chat_edit(command_run_ptr run) { run_message_change(run, message_kind::edit); }

constexpr std::array edit_fields{room_id, message_id,
                                 field{.name = "text",
                                       .required = true,
                                       .description = "What it is to say instead",
                                       .min = 1,
                                       .max = static_cast<std::int64_t>(limits::text_units_max),
                                       .in_utf16 = true},
                                 idempotency_key, dry_run};

constexpr std::string_view edit_tags[] = {"chat", "write", "agent-friendly"};
constexpr command_example edit_examples[] = {
    {"Correct what you said",
     R"({"roomId":"general","messageId":"m0000000000000001","text":"Hello, all"})"}};

}  // namespace

constinit const command_row chat_edit_row{
    .name = "chat-edit",
    .category = "chat",
    .description = "Change the text of a message of yours; admins may change any",
    .tags = edit_tags,
    .fields = edit_fields,
    .output = message_change_output,
    .errors = message_change_errors,
    .examples = edit_examples,
    .mutation = true,
    .destructive = true,
    .undo_has_text = true,
    .needs = scope::write,
    .run = run_chat_edit};

}  // namespace chat
