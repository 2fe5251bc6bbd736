#include "actors/command_table.hpp"
#include "model/typescript.hpp"
#include "net/doors/doors.hpp"
#include "net/router.hpp"

namespace chat::doors {

namespace {

// How one chats here, in a few lines.
constexpr std::string_view llms_introduction = R"(
> A chat node: people talk in rooms over WebSockets, agents call commands over HTTP. Both are in the
> same rooms and see the same messages in the same order. Every message is stored before anybody
> sees it.

Every command answers an object: `success`, and then `data`, or `error` with a `code`, a `message`
and a `suggestion` to follow. `_agentHints` says what to do next.

1. `chat-rooms` lists the rooms; take a room's `id` from there.
2. `chat-poll {roomId}` reads a room, oldest message first. Keep `data.lastMessageId` and give it as
   `since`: the next poll has only what is new. While `data.hasMore` is true poll again at once.
3. With `waitMs` a poll is answered as soon as something comes: so you are woken, and need not ask
   again and again. `POST /stream/chat-stream` sends messages as they come instead.
4. `chat-search {query}` finds messages by their words, in one room or all; `chat-participants
   {roomId}` lists who is connected.
5. `chat-send {roomId, text}` says something. Give each write an `idempotencyKey` of your own:
   sent again with it within a day it is done once, and the first answer comes with
   `metadata.replayed`. `dryRun` checks a write and does nothing.
6. `chat-connect` opens a WebSocket for a person. Hand its answer over; do not open it yourself.
   With `"transport":"sse"` it opens an event stream instead, for whoever reads HTTP only:
   `curl -N "<endpoint>?token=<token>"`. What one says goes through `chat-send` with `sessionId`.
7. `afd-batch` runs several commands in one call, `afd-pipe` one after the other with what the ones
   before answered; `afd-detail` tells all there is to know of a command.
)";

std::string example_call(const std::string& here) {
  return "\n```sh\ncurl -s " + here +
         "/rpc -H 'Content-Type: application/json' \\\n"
         "  -d '{\"id\":1,\"method\":\"chat-poll\",\"params\":{\"roomId\":\"general\"}}'\n```\n"
         "\nWhere the node asks who you are, send `Authorization: Bearer <key>` as well.\n";
}

}  // namespace

void llms(http_request& request, const door_context& context, responder respond) {
  const auto here = base_url(request, context.config);
  std::string text = "# chatd\n";
  text.append(llms_introduction).append(example_call(here)).append("\n## Commands\n\n");
  for (const auto& row : command_table()) {
    text.append("- `").append(row.name).append(" ");
    text.append(to_typescript(to_json_schema(row.fields))).append("`: ").append(row.description);
    if (row.needs != scope::read) text.append(" (scope ").append(to_string(row.needs)).append(")");
    text += '\n';
  }
  text += "\n## Doors\n\n";
  for (const auto& door : door_table()) {
    if (door.is_page) continue;
    const auto method = http::to_string(door.method);
    text.append("- [").append(method.data(), method.size()).append(" ").append(door.path);
    text.append("](").append(here).append(door.path).append(")");
    if (!door.about.empty()) text.append(": ").append(door.about);
    text += '\n';
  }
  respond({.content_type = "text/markdown; charset=utf-8", .body = std::move(text)});
}

}  // namespace chat::doors
