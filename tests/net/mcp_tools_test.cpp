// Commands as MCP tools, by strategy.

#include <catch2/catch.hpp>

#include "actors/command_schema.hpp"
#include "actors/command_table.hpp"
#include "net/mcp/chat_service.hpp"
#include "net/mcp/command_tools.hpp"
#include "net/mcp/protocol.hpp"
#include "tests/json_text.hpp"

namespace chat::test {

using mcp::command_of;
using mcp::command_tools;
using mcp::tool_strategy;

namespace {

result<call_ptr> grouped(std::string_view tool, std::string_view arguments) {
  return command_of(tool_strategy::grouped, tool, *parse_json(arguments));
}

}  // namespace

TEST_CASE("individual: every command is a tool with a schema of its answer", "[net]") {
  const auto tools = command_tools(tool_strategy::individual);
  REQUIRE(tools.size() == command_table().size());
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const auto& row = command_table()[i];
    CAPTURE(row.name);
    CHECK(tools[i].name == row.name);
    CHECK(at(tools[i].json, "/outputSchema") == at(answer_schema(row), ""));
  }
}

TEST_CASE("grouped: one tool a category, its commands are actions", "[net]") {
  const auto tools = command_tools(tool_strategy::grouped);
  REQUIRE(tools.size() > 1);
  CHECK(tools.size() < command_table().size());
  CHECK(tools[0].name == "chat");
  CHECK(at(tools[0].json, "/inputSchema/properties/action/enum/0") == R"("rooms")");
  CHECK(at(tools[0].json, "/annotations/readOnlyHint") == "false");
  CHECK((*grouped("chat", R"({"action":"room-create","params":{"roomId":"x"}})"))->command ==
        "chat-room-create");
  CHECK((*grouped("chat", R"({"action":"rooms"})"))->input.has_value());
  CHECK((*grouped("chat-poll", R"({"roomId":"general"})"))->command == "chat-poll");
  const std::pair<const char*, errc> refusals[] = {
      {"{}", errc::invalid_grouped_call},
      {R"({"action":3})", errc::invalid_grouped_call},
      {R"({"action":"nix"})", errc::command_not_found}};
  for (const auto& [bad, code] : refusals) {
    const auto refused = grouped("chat", bad);
    REQUIRE(!refused);
    CHECK(refused.error().code == code);
    CHECK(refused.error().suggestion.find("room-create") != std::string::npos);
  }
}

TEST_CASE("hints say what may delete, and what reaches out of the node", "[net]") {
  std::string deletes, reaches_out;
  for (const auto& tool : command_tools(tool_strategy::individual)) {
    if (at(tool.json, "/annotations/destructiveHint") == "true") deletes += tool.name + ' ';
    if (at(tool.json, "/annotations/openWorldHint") == "true") reaches_out += tool.name + ' ';
  }
  for (const auto* name : {"afd-call ", "afd-batch ", "afd-pipe ", "chat-delete "})
    CHECK(deletes.find(name) != std::string::npos);
  CHECK(reaches_out == "chat-webhook-register chat-webhook-replay ");
  for (const auto& tool : command_tools(tool_strategy::grouped)) {
    if (tool.name == "chat") CHECK(at(tool.json, "/annotations/openWorldHint") == "true");
    if (tool.name == "bootstrap") CHECK(at(tool.json, "/annotations/destructiveHint") == "true");
  }
}

TEST_CASE("instructions say how commands are called where they are no tools", "[net]") {
  const auto told = [](tool_strategy how) {
    return mcp::make_chat_service(how)->who().instructions;
  };
  const auto plain = told(tool_strategy::individual);
  CHECK(told(tool_strategy::grouped).find("\nHere chat-poll is the tool chat with action poll") ==
        plain.size());
  CHECK(told(tool_strategy::lazy).find("with afd-call {command,input}") > plain.size());
  // Of inputs that overlap one is enough: the right one.
  const auto chat = command_tools(tool_strategy::grouped)[0].json;
  CHECK(at(chat, "/inputSchema/properties/params/oneOf") == "absent");
  CHECK(at(chat, "/inputSchema/properties/params/anyOf/0/title") == R"("rooms")");
}

TEST_CASE("grouped: a dry run or a key beside the action is refused, other fields are told of",
          "[net]") {
  const std::string send = R"({"action":"send","params":{"roomId":"general","text":"x"})";
  CHECK(grouped("chat", send + '}'));
  for (const auto* beside : {R"(,"dryRun":true})", R"(,"dry_run":true})", R"(,"dryrun":true})"})
    CHECK(grouped("chat", send + beside).error().suggestion == "Put dryRun into params");
  CHECK(grouped("chat", send + R"(,"idempotency-key":"k"})").error().suggestion ==
        "Put idempotencyKey into params");
  const auto call = *grouped("chat", R"({"action":"poll","roomId":"general","limit":3})");
  REQUIRE(call->warnings.size() == 2);
  CHECK(call->warnings[0].code == "UNKNOWN_FIELD");
  CHECK(call->warnings[0].message.find("'roomId' stands beside action") != std::string::npos);
  CHECK((*grouped("chat", send + '}'))->warnings.empty());
}

TEST_CASE("no description of a tool is longer than what hosts show", "[net]") {
  for (const auto how : {tool_strategy::individual, tool_strategy::grouped, tool_strategy::lazy})
    for (const auto& tool : command_tools(how)) {
      CAPTURE(tool.name);
      const auto about = text_at(tool.json, "/description");
      CHECK(about.size() <= limits::mcp_description_max);
      CHECK(about.size() > 10);
    }
  // What does not fit stands with the action's input.
  const auto chat = command_tools(tool_strategy::grouped)[0].json;
  CHECK(text_at(chat, "/inputSchema/properties/params/anyOf/0/description") ==
        find_command("chat-rooms")->description);
  CHECK(text_at(chat, "/description").find("room-create") != std::string::npos);
}

TEST_CASE("lazy: only what tells of commands is listed, all can be called", "[net]") {
  const auto tools = command_tools(tool_strategy::lazy);
  REQUIRE(!tools.empty());
  for (const auto& tool : tools) CHECK(tool.name.starts_with("afd-"));
  CHECK((*command_of(tool_strategy::lazy, "chat-rooms", std::nullopt))->row);
}

TEST_CASE("members are put in front of others", "[net]") {
  CHECK(mcp::with_members("{}", R"("a":1)") == R"({"a":1})");
  CHECK(mcp::with_members(R"({"b":2})", R"("a":1)") == R"({"a":1,"b":2})");
  CHECK(mcp::with_members(R"({"b":2})", "") == R"({"b":2})");
}

}  // namespace chat::test
