#include "actors/commands/commands.hpp"
#include "actors/commands/message_change.hpp"

namespace chat {

namespace {

using namespace inputs;

// The text is shown to nobody from now on, and leaves the store's files some time later
// (storage_removal.hpp); the place in the room's order stays.
void run_chat_delete(command_run_ptr run) { run_message_change(run, message_kind::deletion); }

constexpr std::array delete_fields{room_id, message_id, idempotency_key, dry_run};

constexpr std::string_view delete_tags[] = {"chat", "write", "agent-friendly"};
constexpr command_example delete_examples[] = {
    {"Take back what you said", R"({"roomId":"general","messageId":"m0000000000000001"})"}};

}  // namespace

constinit const command_row chat_delete_row{
    .name = "chat-delete",
    .category = "chat",
    .description = "Delete a message of yours for all; admins may delete any. Not to be undone",
    .tags = delete_tags,
    .fields = delete_fields,
    .output = message_change_output,
    .errors = message_change_errors,
    .examples = delete_examples,
    .mutation = true,
    .destructive = true,
    .needs = scope::write,
    .run = run_chat_delete};

}  // namespace chat
