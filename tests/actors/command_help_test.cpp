// afd-help, -docs, -schema, -discover and -detail: what the node tells of itself.

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "actors/command_table.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// The names in a list of commands or schemas.
std::string names(const std::string& json, const std::string& list) {
  std::string out;
  for (int i = 0;; ++i) {
    const auto name = text_at(json, list + "/" + std::to_string(i) + "/name");
    if (name == "absent") return out;
    out += (i == 0 ? "" : " ") + name;
  }
}

const std::string bootstrap =
    "afd-help afd-docs afd-schema afd-discover afd-detail afd-call afd-batch afd-pipe";
const std::string webhook_commands =
    "chat-webhook-register chat-webhook-list chat-webhook-delete chat-webhook-dead-letters "
    "chat-webhook-replay";

}  // namespace

TEST_CASE("afd-help lists all commands in their fixed order, briefly", "[actors]") {
  test_node node;
  const auto json = node.call("afd-help");
  CHECK(keys(json, "/data") == "commands total filtered contractVersion groupedByCategory");
  CHECK(names(json, "/data/commands") ==
        "chat-rooms chat-connect chat-status chat-reconnect chat-refresh-token chat-disconnect "
        "chat-poll chat-stream chat-history chat-search chat-participants chat-send chat-edit "
        "chat-delete chat-room-create chat-room-update chat-room-delete chat-webhook-register "
        "chat-webhook-list chat-webhook-delete chat-webhook-dead-letters chat-webhook-replay "
        "chat-revoke node-status node-rooms node-sessions " +
            bootstrap);
  CHECK(at(json, "/data/commands/0") ==
        R"({"name":"chat-rooms","description":)"
        R"("List the chat rooms and how many people are in each"})");
  CHECK(at(json, "/data/total") == "34");
  CHECK(at(json, "/data/filtered") == "false");
  CHECK(keys(json, "/data/groupedByCategory") == "bootstrap chat node");
  CHECK(names(json, "/data/groupedByCategory/bootstrap") == bootstrap);
}

TEST_CASE("afd-help in full has category, tags, mutation and examples", "[actors]") {
  test_node node;
  const auto json = node.call("afd-help", R"({"format":"full","filter":"chat-send"})");
  CHECK(at(json, "/data/commands") ==
        R"([{"name":"chat-send","description":)"
        R"("Send a message to a room; answered once it is stored","category":"chat",)"
        R"("tags":["chat","write","agent-friendly"],"mutation":true,"examples":[)"
        R"({"title":"Say hello","input":{"roomId":"general","text":"Hello"}}]}])");
}

TEST_CASE("afd-help filters by name, category and tag, in any case", "[actors]") {
  test_node node;
  const auto found = [&](const std::string& filter) {
    const auto json = node.call("afd-help", R"({"filter":")" + filter + "\"}");
    CHECK(at(json, "/data/filtered") == "true");
    return names(json, "/data/commands");
  };
  CHECK(found("room") ==
        "chat-rooms chat-room-create chat-room-update chat-room-delete node-rooms");
  CHECK(found("ROOMS") == "chat-rooms node-rooms");
  CHECK(found("bootstrap") == bootstrap);
  CHECK(found("handoff:websocket") == "chat-connect chat-reconnect");
  CHECK(found("agent-friendly") ==
        "chat-poll chat-history chat-search chat-participants chat-send chat-edit chat-delete " +
            webhook_commands);
  CHECK(found("nothing").empty());
}

TEST_CASE("afd-help shows an agent the handoffs that it can use", "[actors]") {
  test_node node;
  const auto found = [&](const std::string& input) {
    const auto json = node.call("afd-help", input);
    CHECK(at(json, "/data/filtered") == "true");
    return names(json, "/data/commands");
  };
  CHECK(found(R"({"tags":["handoff"]})") == "chat-connect chat-reconnect");
  CHECK(found(R"({"tags":["handoff:sse","handoff:webrtc"]})") == "chat-connect chat-reconnect");
  CHECK(found(R"({"tags":["handoff:resumable"],"excludeTags":["handoff:sse"]})").empty());
  CHECK(found(R"({"filter":"poll","excludeTags":["write"]})") == "chat-poll");
  for (const auto* protocols : {R"(["webrtc","websocket"])", R"(["sse"])"}) {
    const auto commands = found(R"({"handoffCapabilities":)" + std::string(protocols) + '}');
    CHECK(commands.starts_with("chat-rooms chat-connect "));
  }
  for (const auto* none : {"[]", R"(["webrtc"])"}) {
    const auto commands = found(R"({"handoffCapabilities":)" + std::string(none) + '}');
    CHECK(commands.starts_with("chat-rooms chat-status "));
    CHECK(commands.find("chat-reconnect") == std::string::npos);
  }
}

TEST_CASE("afd-help says which version of the public contract the node follows", "[actors]") {
  test_node node;
  CHECK(text_at(node.call("afd-help"), "/data/contractVersion") == "1.0-rc");
}

TEST_CASE("afd-schema has the input of every command as JSON Schema", "[actors]") {
  test_node node;
  const auto json = node.call("afd-schema");
  CHECK(keys(json, "/data") == "schemas count format");
  CHECK(at(json, "/data/count") == "34");
  CHECK(at(json, "/data/format") == R"("json")");
  CHECK(names(json, "/data/schemas") == names(node.call("afd-help"), "/data/commands"));
  CHECK(at(json, "/data/schemas/6") ==
        R"({"name":"chat-poll","description":)"
        R"x("Poll for new messages (fallback for agents without WebSocket)","inputSchema":{)x"
        R"("type":"object","properties":{)"
        R"("roomId":{"type":"string","description":"Chat room ID, as chat-rooms lists it",)"
        R"("minLength":1,"maxLength":64},)"
        R"("since":{"type":"string","description":"ID of the last message seen; )"
        R"(without it the room's oldest messages come","maxLength":1024},)"
        R"("limit":{"type":"integer","description":"Messages at most","minimum":1,"maximum":100,)"
        R"("default":50},)"
        R"("waitMs":{"type":"integer","description":"With nothing after since, wait up to )"
        R"(so many milliseconds (25000 suits most clients) for something to come: the way to be )"
        R"(woken instead of asking )"
        R"(again and again","minimum":0,"maximum":30000},)"
        R"("until":{"type":"object","description":"With waitMs: wait for messages that all of )"
        R"(this is true of, not for any. The page then has all that was said meanwhile. Where )"
        R"(nothing such comes in time, it has what was said","properties":{)"
        R"("mention":{"type":"string","description":"A nickname, without @: @nickname )"
        R"(stands in the text. Edits do not wake",)"
        R"("minLength":1,"maxLength":50},"from":{"type":"string",)"
        R"("description":"The sender's nickname","minLength":1,"maxLength":50},)"
        R"("contains":{"type":"string","description":"Part of the text, whatever its capitals",)"
        R"("minLength":1,"maxLength":100},"count":{"type":"integer",)"
        R"("description":"So many of such messages, not one","minimum":1,"maximum":100}}},)"
        R"("maxChars":{"type":"integer","description":"Cut the page to so many characters of )"
        R"(senders and texts; the answer says where to go on. One message comes in any case. Over )"
        R"(MCP 40000 unless given","minimum":100,"maximum":1000000}},"required":["roomId"]}})");
}

TEST_CASE("afd-schema writes TypeScript: a documented type for each command", "[actors]") {
  test_node node;
  const auto json = node.call("afd-schema", R"({"format":"typescript"})");
  CHECK(at(json, "/data/format") == R"("typescript")");
  const auto code = text_at(json, "/data/typescript");
  CHECK(code.find("/** Input of `chat-poll`: Poll for new messages (fallback for agents without "
                  "WebSocket) */\n"
                  "export type ChatPollInput = { roomId: string; since?: string; limit?: number; "
                  "waitMs?: number; until?: { mention?: string; from?: string; contains?: string; "
                  "count?: number }; maxChars?: number };\n"
                  "\n") != std::string::npos);
  CHECK(code.find("export type NodeStatusInput = {};\n") != std::string::npos);
  CHECK(code.find(R"(export type AfdSchemaInput = { format?: "json" | "typescript" };)") !=
        std::string::npos);
  CHECK(code.find("export type ChatSendOutput = { messageId: string; readFrom?: string; timestamp: "
                  "string } | "
                  "{ dryRun: true; would: string };\n") != std::string::npos);
  CHECK(code.find("export type AfdBatchOutput = { success: boolean") != std::string::npos);
  // Nothing but lines of these three forms, and every bracket is closed. That it is TypeScript,
  // TypeScript's own compiler says, in tests/e2e/self_test.mjs.
  const std::regex comment(R"(/\*\* [^*]+ \*/)");
  const std::regex type(R"(export type [A-Z][A-Za-z]+(Input|Output) = .+;)");
  std::istringstream lines(code);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK((line.empty() || std::regex_match(line, comment) || std::regex_match(line, type)));
    CHECK(std::ranges::count(line, '{') == std::ranges::count(line, '}'));
  }
}

TEST_CASE("afd-docs is the manual of one command or of all", "[actors]") {
  test_node node;
  const auto all = node.call("afd-docs");
  CHECK(at(all, "/data/commandCount") == "34");
  for (const auto& row : command_table())
    CHECK(text_at(all, "/data/markdown").find("### `" + std::string(row.name) + "`\n") !=
          std::string::npos);
  const auto one = node.call("afd-docs", R"({"command":"chat-send"})");
  CHECK(at(one, "/data/commandCount") == "1");
  CHECK(
      text_at(one, "/data/markdown") ==
      "# Command Documentation\n\n## chat\n\n### `chat-send`\n\n"
      "Send a message to a room; answered once it is stored\n\n"
      "**Tags:** `chat`, `write`, `agent-friendly`\n\n**Mutation:** Yes\n\n"
      "**Parameters:**\n\n| Name | Type | Required | Description |\n"
      "|------|------|----------|-------------|\n"
      "| roomId | `string` | Yes | Chat room ID, as chat-rooms lists it |\n"
      "| text | `string` | Yes | What to say, in UTF-16 units: an emoji has two |\n"
      "| sessionId | `string` | No | Speak as this session, with its nickname; without it the "
      "sender is your user's name, or Agent |\n"
      "| clientMessageId | `string` | No | Your own ID of this message, echoed to your socket; the "
      "room knows its last 4,096 and stores what is sent twice once. To be safe for a day use "
      "idempotencyKey |\n"
      "| since | `string` | No | ID of the last message you have read: answered as readFrom, to go "
      "on "
      "reading from |\n"
      "| lastRead | `string` | No | The same as since |\n"
      "| idempotencyKey | `string` | No | Your own ID of this call. Sent again with it within a "
      "day, "
      "also after the node was restarted, the call is not run again: its first answer comes, with "
      "metadata.replayed. A call that failed is run again |\n"
      "| dryRun | `boolean` | No | Check everything, do nothing, and say what would be done |\n\n"
      "**Answers:** `{ messageId: string; readFrom?: string; timestamp: string } | { dryRun: true; "
      "would: string }`"
      "\n\n"
      "**Errors:** `VALIDATION_ERROR`, `ROOM_NOT_FOUND`, `SESSION_NOT_FOUND`, `FORBIDDEN`, "
      "`SESSION_CLOSED`, `SESSION_EXPIRED`, `DUPLICATE_CONFLICT`, `STORAGE_UNAVAILABLE`, "
      "`OVERLOADED`, `TIMEOUT`\n\n"
      "**Example:** Say hello\n\n```json\n{\"roomId\":\"general\",\"text\":\"Hello\"}\n```\n\n"
      "---\n\n");
  const auto nested =
      text_at(node.call("afd-docs", R"({"command":"afd-batch"})"), "/data/markdown");
  CHECK(nested.find("| commands[].command | `string` | Yes |") != std::string::npos);
  CHECK(nested.find("| options.stopOnError | `boolean` | No |") != std::string::npos);
  const auto none = node.call("afd-docs", R"({"command":"chat-sent"})");
  CHECK(text_at(none, "/error/code") == "COMMAND_NOT_FOUND");
  CHECK(text_at(none, "/error/suggestion").find("'chat-send'") != std::string::npos);
}

TEST_CASE("afd-discover finds commands by category, tag and words, page by page", "[actors]") {
  test_node node;
  const auto found = [&](const std::string& input) {
    return names(node.call("afd-discover", input), "/data/commands");
  };
  const auto all = node.call("afd-discover");
  CHECK(keys(all, "/data") ==
        "commands total filtered returned hasMore availableCategories availableTags");
  CHECK(at(all, "/data/commands/0") ==
        R"({"name":"chat-rooms","description":"List the chat rooms and how many people are in )"
        R"(each","category":"chat"})");
  CHECK(at(all, "/data/total") == "34");
  CHECK(at(all, "/data/returned") == "34");
  CHECK(at(all, "/data/hasMore") == "false");
  CHECK(at(all, "/data/availableCategories") == R"(["bootstrap","chat","node"])");
  CHECK(at(all, "/data/availableTags").starts_with(R"(["admin","agent-friendly",)"));
  CHECK(found(R"({"category":"node"})") == "node-status node-rooms node-sessions");
  CHECK(found(R"({"category":"Node"})").empty());
  CHECK(found(R"({"tag":"agent-friendly"})") ==
        "chat-poll chat-history chat-search chat-participants chat-send chat-edit chat-delete " +
            webhook_commands);
  CHECK(found(R"({"tag":["agent-friendly","admin"],"search":"room"})") ==
        "chat-history chat-search chat-participants chat-send chat-room-create chat-room-update "
        "chat-room-delete chat-webhook-register");
  CHECK(found(R"({"tag":["agent-friendly","write"],"tagMode":"all"})") ==
        "chat-send chat-edit chat-delete chat-webhook-register chat-webhook-delete "
        "chat-webhook-replay");
  CHECK(found(R"({"search":"MESSAGE  stored"})") == "chat-send");
  CHECK(found(R"({"search":"message unheard-of"})").empty());
  const auto page = node.call("afd-discover",
                              R"({"category":"chat","limit":2,"offset":3,"includeMutation":true})");
  CHECK(names(page, "/data/commands") == "chat-reconnect chat-refresh-token");
  CHECK(at(page, "/data/commands/0/mutation") == "true");
  CHECK(at(page, "/data/filtered") == "23");
  CHECK(at(page, "/data/hasMore") == "true");
  CHECK(found(R"({"offset":1000})").empty());
  CHECK(node.outcome("afd-discover", R"({"limit":201})") == "VALIDATION_ERROR");
}

TEST_CASE("afd-detail has all there is to know, of commands that there are", "[actors]") {
  test_node node;
  const auto json = node.call("afd-detail", R"({"command":["chat-connect","chat-conect"]})");
  CHECK(keys(json, "/data/0") ==
        "name found description category tags mutation errors inputSchema outputSchema handoff "
        "handoffProtocol version scope callable");
  CHECK(at(json, "/data/0/inputSchema") == to_json_schema(find_command("chat-connect")->fields));
  CHECK(at(json, "/data/0/outputSchema/anyOf/0/properties/credentials/required") ==
        R"(["token","sessionId"])");
  CHECK(at(json, "/data/0/callable") == "true");
  CHECK(keys(json, "/data/1") == "name found error");
  CHECK(at(json, "/data/1/found") == "false");
  CHECK(text_at(json, "/data/1/error/code") == "COMMAND_NOT_FOUND");
  CHECK(text_at(json, "/data/1/error/suggestion").find("'chat-connect'") != std::string::npos);
  CHECK(at(node.call("afd-detail", R"({"command":"chat-send"})"),
           "/data/0/outputSchema/anyOf/1/required") == R"(["dryRun","would"])");
  const auto read_only =
      node.call("afd-detail", R"({"command":"chat-send"})", user("eve", "Eve", scope::read));
  CHECK(at(read_only, "/data/0/callable") == "false");
  CHECK(node.outcome("afd-detail", R"({"command":[]})") == "VALIDATION_ERROR");
  CHECK(node.outcome("afd-detail",
                     R"({"command":["1","2","3","4","5","6","7","8","9","10","11"]})") ==
        "VALIDATION_ERROR");
}

TEST_CASE("every example works as it stands, where somebody has spoken", "[actors]") {
  test_node node;
  node.call("chat-send", R"({"roomId":"general","text":"hello"})");
  for (const auto& row : command_table())
    for (const auto& example : row.examples) {
      CAPTURE(row.name, example.input);
      const auto call = node.start(std::string(row.name), std::string(example.input));
      node.run();
      for (int i = 0; i < 8; ++i) node.advance(std::chrono::seconds(4));
      REQUIRE(call->answers == 1);
      CHECK(at(call->json, "/success") == "true");
    }
}

TEST_CASE("every row of the table is complete", "[actors]") {
  std::set<std::string_view> seen;
  for (const auto& row : command_table()) {
    CAPTURE(row.name);
    CHECK(seen.insert(row.name).second);
    CHECK(find_command(row.name) == &row);
    CHECK_FALSE(row.description.empty());
    CHECK_FALSE(row.tags.empty());
    CHECK_FALSE(row.errors.empty());
    CHECK(row.run != nullptr);
  }
  CHECK(find_command("chat-room") == nullptr);
  CHECK(find_command("") == nullptr);
  CHECK(find_command("afd.batch") == find_command("afd-batch"));
}
