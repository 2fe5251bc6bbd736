#include <algorithm>
#include <vector>

#include "actors/command_schema.hpp"
#include "model/json_writer.hpp"
#include "model/typescript.hpp"
#include "model/unicode.hpp"
#include "net/doors/doors.hpp"
#include "net/router.hpp"

namespace chat::doors {

namespace {

// `/stream/` has the command behind it.
std::string openapi_path(const door_row& door) {
  return std::string(door.path) + (door.path == "/stream/" ? "{command}" : "");
}

std::string method_of(const door_row& door) {
  return ascii_lower(std::string(http::to_string(door.method)));
}

// postStreamCommand: a name of its own for each operation.
std::string operation_id(const door_row& door) {
  auto words = method_of(door) + "-" + openapi_path(door);
  std::ranges::replace_if(
      words, [](char c) { return c == '/' || c == '.' || c == '{' || c == '}'; }, '-');
  auto id = pascal_case(words);
  id[0] = static_cast<char>(id[0] - 'A' + 'a');
  return id;
}

std::string reference(std::string_view schema) {
  return R"({"$ref":"#/components/schemas/)" + std::string(schema) + "\"}";
}

void write_content(json_writer& json, std::string_view type, std::string_view schema) {
  json.key("content").begin_object().key(type).begin_object();
  json.key("schema").raw(schema).end_object().end_object();
}

void write_response(json_writer& json, std::string_view status, std::string_view description,
                    std::string_view type = {}, std::string_view schema = "{}") {
  json.key(status).begin_object().field("description", description);
  if (!type.empty()) write_content(json, type, schema);
  json.end_object();
}

// What a door takes and answers, where it is more than words.
struct door_shape {
  std::string_view path;
  std::string_view takes = {};  // JSON Schema of the body
  std::string_view answers = {};
  std::string_view type = "application/json";
};
constexpr std::string_view plain_object = R"({"type":"object"})";
constexpr std::string_view plain_text = R"({"type":"string"})";
constexpr door_shape door_shapes[] = {
    {.path = "/health", .answers = plain_object},
    {.path = "/ready", .answers = plain_object},
    {.path = "/metrics", .answers = plain_text, .type = "text/plain"},
    {.path = "/llms.txt", .answers = plain_text, .type = "text/markdown"},
    {.path = "/openapi.json", .answers = plain_object},
    {.path = "/",
     .takes = R"({"$ref":"#/components/schemas/Call"})",
     .answers = R"({"$ref":"#/components/schemas/CallAnswer"})"},
    {.path = "/rpc",
     .takes = R"({"$ref":"#/components/schemas/Call"})",
     .answers = R"({"$ref":"#/components/schemas/CallAnswer"})"},
    {.path = "/batch",
     .takes = R"({"$ref":"#/components/schemas/AfdBatchInput"})",
     .answers = R"({"$ref":"#/components/schemas/AfdBatchAnswer"})"},
    {.path = "/stream/", .takes = plain_object, .answers = plain_text, .type = "text/event-stream"},
    {.path = "/message", .takes = plain_object, .answers = plain_object},
    {.path = "/rooms/{roomId}/events", .answers = plain_text, .type = "text/event-stream"},
    {.path = "/sse", .answers = plain_text, .type = "text/event-stream"},
};

door_shape shape_of(const door_row& door) {
  const auto found = std::ranges::find(door_shapes, door.path, &door_shape::path);
  return found == std::ranges::end(door_shapes) ? door_shape{.path = door.path} : *found;
}

void write_parameters(json_writer& json, const door_row& door) {
  if (door.path == "/rooms/{roomId}/events")
    json.key("parameters")
        .raw(R"([{"name":"roomId","in":"path","required":true,"schema":{"type":"string"}},)"
             R"({"name":"token","in":"query","description":"Of chat-connect or chat-reconnect; )"
             R"(or as Authorization: Bearer","schema":{"type":"string"}},)"
             R"({"name":"Last-Event-ID","in":"header","description":"The id of the last event )"
             R"(you got: what came after it is sent first","schema":{"type":"string"}},)"
             R"({"name":"lastEventId","in":"query","description":"The same, where headers cannot )"
             R"(be sent","schema":{"type":"string"}}])");
  if (door.path != "/stream/") return;
  json.key("parameters").begin_array();
  json.begin_object().field("name", "command").field("in", "path").field("required", true);
  json.key("schema").begin_object().field("type", "string").key("enum").begin_array();
  for (const auto& row : command_table())
    if (door.method == http::verb::post || !row.mutation) json.string(row.name);
  json.end_array().end_object().end_object();
  if (door.method == http::verb::get)
    json.raw(R"({"name":"input","in":"query","description":"The command's input, as JSON",)"
             R"("schema":{"type":"string"}})");
  json.end_array();
}

// What every caller has to be ready for. Errors of calls themselves come with 200.
void write_refusals(json_writer& json, const door_row& door, const door_shape& shape) {
  const auto plain = reference("Refusal");
  const auto refused = [&](std::string_view status, std::string_view why, std::string_view schema) {
    write_response(json, status, why, "application/json", schema);
  };
  const bool is_post = door.method == http::verb::post;
  const bool takes_calls = door.path == "/rpc" || door.path == "/" || door.path == "/batch";
  if (is_post) refused("400", "The body is no such request", takes_calls ? shape.answers : plain);
  if (door.whom == open_to::known_callers || door.path == "/rooms/{roomId}/events")
    refused("401", "Who sent this is not known", plain);
  refused("403", "The Origin or the Host is not one of this node's", plain);
  if (door.path == "/mcp" || door.path == "/message")
    refused("404", "There is no such session", plain);
  if (is_post) {
    refused("413", "The body is over 1 MiB", plain);
    refused("415", "The body is not JSON", plain);
  }
  if (takes_calls) refused("429", "Too fast; Retry-After says when to go on", shape.answers);
}

void write_operation(json_writer& json, const door_row& door) {
  const auto shape = shape_of(door);
  const bool is_open = door.whom == open_to::all;
  json.key(method_of(door)).begin_object().field("operationId", operation_id(door));
  json.field("summary", door.about.empty() ? door.path : door.about);
  write_parameters(json, door);
  if (door.method == http::verb::post) {
    json.key("requestBody").begin_object().field("required", true);
    write_content(json, "application/json", shape.takes.empty() ? plain_object : shape.takes);
    json.end_object();
  }
  json.key("responses").begin_object();
  write_response(json, "200", "As the summary says", shape.answers.empty() ? "" : shape.type,
                 shape.answers);
  write_refusals(json, door, shape);
  write_response(json, "default", "Refused", "application/json", reference("Refusal"));
  json.end_object();
  if (is_open) json.key("security").begin_array().end_array();
  json.end_object();
}

// Each path once, with all its methods.
void write_paths(json_writer& json) {
  json.key("paths").begin_object();
  std::vector<std::string_view> done;
  for (const auto& first : door_table()) {
    if (first.is_page || std::ranges::find(done, first.path) != done.end()) continue;
    done.push_back(first.path);
    json.key(openapi_path(first)).begin_object();
    for (const auto& door : door_table())
      if (door.path == first.path && !door.is_page) write_operation(json, door);
    json.end_object();
  }
  json.raw(R"("/rooms/{roomId}":{"get":{"operationId":"getRoomsRoomId",)"
           R"("summary":"The WebSocket of a room; chat-connect answers its address and token",)"
           R"("parameters":[{"name":"roomId","in":"path","required":true,)"
           R"("schema":{"type":"string"}},{"name":"token","in":"query",)"
           R"("schema":{"type":"string"}}],"responses":{)"
           R"("101":{"description":"A WebSocket from here on"},)"
           R"("403":{"description":"The Origin or the Host is not one of this node's"},)"
           R"("426":{"description":"The request asked for none"}},"security":[]}})");
  json.end_object();
}

// {method: one command, params: its input}.
void write_call(json_writer& json, const command_row& row, const std::string& name) {
  const bool needs_input = std::ranges::any_of(row.fields, &field::required);
  json.key(name + "Call").begin_object().field("type", "object");
  json.field("description", row.description).key("properties").begin_object();
  json.key("jsonrpc").raw(R"({"const":"2.0"})");
  json.key("id").raw(R"({"type":["string","number","null"]})");
  json.key("method").begin_object().field("const", row.name).end_object();
  json.key("params").raw(reference(name + "Input")).end_object();
  json.key("required").raw(needs_input ? R"(["method","params"])" : R"(["method"])").end_object();
}

void write_any(json_writer& json, std::string_view ending) {
  json.key("anyOf").begin_array();
  for (const auto& row : command_table())
    json.raw(reference(pascal_case(row.name) + std::string(ending)));
  json.end_array();
}

void write_schemas(json_writer& json) {
  json.key("schemas").begin_object();
  for (const auto& row : command_table()) {
    const auto name = pascal_case(row.name);
    json.key(name + "Input").raw(to_json_schema(row.fields));
    json.key(name + "Answer").raw(answer_schema(row));
    write_call(json, row, name);
  }
  json.key("Call").begin_object();
  write_any(json, "Call");
  json.end_object().key("CallAnswer").begin_object().field("type", "object");
  json.key("properties").begin_object().key("jsonrpc").raw(R"({"const":"2.0"})");
  json.key("id").raw(R"({"type":["string","number","null"]})");
  json.key("result").begin_object();
  write_any(json, "Answer");
  json.end_object().key("error").raw(R"({"type":"object"})").end_object().end_object();
  json.key("Refusal").raw(
      R"({"type":"object","properties":{"error":{"type":"object","properties":{)"
      R"("code":{"type":["string","integer"]},"message":{"type":"string"},)"
      R"("suggestion":{"type":"string"},"retryable":{"type":"boolean"}},)"
      R"("required":["code","message"]}},"required":["error"]})");
  json.end_object();
}

}  // namespace

void openapi(http_request& request, const door_context& context, responder respond) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  json.field("title", "chatd").field("version", CHATD_VERSION);
  json.field("description",
             "A chat node for people on WebSockets and agents on commands. Every command answers "
             "a CommandResult: success, data or error, and what to do next.");
  json.end_object().key("servers").begin_array().begin_object();
  json.field("url", base_url(request, context.config)).end_object().end_array();
  json.key("security").raw(R"([{},{"bearer":[]}])");
  write_paths(json);
  json.key("components").begin_object().key("securitySchemes");
  json.raw(R"({"bearer":{"type":"http","scheme":"bearer",)"
           R"("description":"An API key or a token of this node's operator; none where the node )"
           R"(runs without authentication"}})");
  write_schemas(json);
  json.end_object().end_object();
  respond(json_response(200, std::move(out)));
}

}  // namespace chat::doors
