// afd-help and afd-schema: what the node tells of itself.

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

}  // namespace

TEST_CASE("afd-help lists all commands in their fixed order, briefly", "[actors]") {
  test_node node;
  const auto json = node.call("afd-help");
  CHECK(keys(json, "/data") == "commands total filtered groupedByCategory");
  CHECK(names(json, "/data/commands") ==
        "chat-rooms chat-connect chat-status chat-reconnect chat-refresh-token chat-disconnect "
        "chat-poll chat-history chat-send chat-room-create chat-room-update "
        "chat-room-delete chat-revoke node-status afd-help afd-schema");
  CHECK(at(json, "/data/commands/0") ==
        R"({"name":"chat-rooms","description":)"
        R"("List the chat rooms and how many people are in each"})");
  CHECK(at(json, "/data/total") == "16");
  CHECK(at(json, "/data/filtered") == "false");
  CHECK(keys(json, "/data/groupedByCategory") == "bootstrap chat node");
  CHECK(names(json, "/data/groupedByCategory/bootstrap") == "afd-help afd-schema");
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
  CHECK(found("room") == "chat-rooms chat-room-create chat-room-update chat-room-delete");
  CHECK(found("ROOMS") == "chat-rooms");
  CHECK(found("bootstrap") == "afd-help afd-schema");
  CHECK(found("handoff:websocket") == "chat-connect chat-reconnect");
  CHECK(found("agent-friendly") == "chat-poll chat-history chat-send");
  CHECK(found("nothing").empty());
}

TEST_CASE("afd-schema has the input of every command as JSON Schema", "[actors]") {
  test_node node;
  const auto json = node.call("afd-schema");
  CHECK(keys(json, "/data") == "schemas count format");
  CHECK(at(json, "/data/count") == "16");
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
        R"("waitMs":{"type":"integer","description":"With nothing new, wait up to so many )"
        R"(milliseconds for something to come: the way to be woken instead of asking again and )"
        R"(again","minimum":0,"maximum":30000},)"
        R"("maxChars":{"type":"integer","description":"Cut the page to so many characters of )"
        R"(senders and texts; hasMore and lastMessageId say where to go on. One message comes in )"
        R"(any case","minimum":100,"maximum":1000000}},"required":["roomId"]}})");
}

TEST_CASE("afd-schema writes TypeScript: a documented type for each command", "[actors]") {
  test_node node;
  const auto json = node.call("afd-schema", R"({"format":"typescript"})");
  CHECK(at(json, "/data/format") == R"("typescript")");
  const auto code = text_at(json, "/data/typescript");
  CHECK(code.find("/** Input of `chat-poll`: Poll for new messages (fallback for agents without "
                  "WebSocket) */\n"
                  "export type ChatPollInput = { roomId: string; since?: string; limit?: number; "
                  "waitMs?: number; maxChars?: number };\n"
                  "\n") != std::string::npos);
  CHECK(code.find("export type NodeStatusInput = {};\n") != std::string::npos);
  CHECK(code.find(R"(export type AfdSchemaInput = { format?: "json" | "typescript" };)") !=
        std::string::npos);
  // Nothing but lines of these three forms.
  const std::regex comment(R"(/\*\* [^*]+ \*/)");
  const std::regex type(R"(export type [A-Z][A-Za-z]+Input = \{( \w+\??: [^;{}]+;?)* ?\};)");
  std::istringstream lines(code);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK((line.empty() || std::regex_match(line, comment) || std::regex_match(line, type)));
  }
}

TEST_CASE("every example works as it stands", "[actors]") {
  test_node node;
  for (const auto& row : command_table())
    for (const auto& example : row.examples) {
      CAPTURE(row.name, example.input);
      const auto call = node.start(std::string(row.name), std::string(example.input));
      node.run();
      node.advance(std::chrono::milliseconds(limits::poll_wait_ms_max + 100));
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
}
