#include "net/doors/mcp_tools.hpp"

#include <algorithm>
#include <array>

#include "actors/command_table.hpp"
#include "model/json_writer.hpp"

namespace chat::doors {

namespace {

// Oldest first.
constexpr std::array<std::string_view, 4> protocol_versions{"2024-11-05", "2025-03-26",
                                                            "2025-06-18", "2025-11-25"};

constexpr std::string_view instructions =
    R"(This node is a chat: people and agents talk in rooms, every message is kept.
1. chat-rooms lists the rooms. Take a room's id from there; "general" always exists.
2. chat-poll {roomId} reads a room, oldest message first, 50 a page unless limit says more.
3. Keep data.lastMessageId and pass it as since: the next poll has only what is new.
4. While data.hasMore is true poll again at once; else wait about five seconds.
5. chat-send {roomId,text} says something: 1 to 2000 characters of plain text.
6. Give each message a clientMessageId of your own: sending it again cannot double it.
7. chat-connect opens a WebSocket session for a person; hand its answer over, do not open it.
8. chat-status and chat-disconnect look after such a session by its sessionId.
9. A failed call has error.code and error.suggestion: do what the suggestion says.
10. afd-help lists all commands, afd-schema their exact inputs, node-status the node's health.)";

// Every tool answers a CommandResult (contract, section 2); `data` is the command's own.
constexpr std::string_view output_schema =
    R"({"type":"object","properties":{)"
    R"("success":{"type":"boolean"},)"
    R"("data":{"type":"object","description":"What the command found, when success is true"},)"
    R"("error":{"type":"object","description":"Why not, when success is false","properties":{)"
    R"("code":{"type":"string"},"message":{"type":"string"},"suggestion":{"type":"string"},)"
    R"("retryable":{"type":"boolean"},"details":{"type":"object"}},)"
    R"("required":["code","message","suggestion"]},)"
    R"("reasoning":{"type":"string"},"confidence":{"type":"number"},)"
    R"("warnings":{"type":"array","items":{"type":"object"}},)"
    R"("metadata":{"type":"object"},"_agentHints":{"type":"object"}},"required":["success"]})";

void append_annotations(json_writer& json, const command_row& row) {
  json.key("annotations").begin_object();
  json.field("readOnlyHint", !row.mutation).field("destructiveHint", row.destructive);
  json.field("idempotentHint", row.idempotent).field("openWorldHint", false);
  if (!row.handoff_protocol.empty()) {
    json.field("handoff", true).field("handoffProtocol", row.handoff_protocol);
    json.field("agentConsumable", false).field("fallbackCommand", "chat-poll");
  }
  json.end_object();
}

void append_meta(json_writer& json, const command_row& row) {
  json.key("_meta").begin_object();
  json.field("category", row.category).field("mutation", row.mutation);
  json.key("tags").begin_array();
  for (const auto tag : row.tags) json.string(tag);
  json.end_array();
  json.key("examples").begin_array();
  for (const auto& example : row.examples)
    json.begin_object().field("title", example.title).key("input").raw(example.input).end_object();
  json.end_array().end_object();
}

std::string make_tools_list() {
  std::string out;
  json_writer json(out);
  json.begin_object().key("tools").begin_array();
  for (const auto& row : command_table()) {
    json.begin_object().field("name", row.name).field("description", row.description);
    json.key("inputSchema").raw(to_json_schema(row.fields));
    json.key("outputSchema").raw(output_schema);
    append_annotations(json, row);
    append_meta(json, row);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

std::string initialize_result(std::string_view version_asked) {
  const auto known = std::find(protocol_versions.begin(), protocol_versions.end(), version_asked);
  std::string out;
  json_writer json(out);
  json.begin_object();
  json.field("protocolVersion",
             known == protocol_versions.end() ? protocol_versions.back() : *known);
  json.key("capabilities").begin_object().key("tools").begin_object().end_object().end_object();
  json.key("serverInfo").begin_object();
  json.field("name", "chatd").field("version", CHATD_VERSION).end_object();
  json.field("instructions", instructions).end_object();
  return out;
}

const std::string& tools_list_result() {
  static const std::string list = make_tools_list();
  return list;
}

}  // namespace chat::doors
