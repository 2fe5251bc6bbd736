#include "net/mcp/command_tools.hpp"

#include <algorithm>

#include "actors/command_schema.hpp"
#include "actors/command_table.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat::mcp {

namespace {

// A CommandResult (contract, section 2) of any command.
constexpr std::string_view any_answer =
    R"({"type":"object","properties":{"success":{"type":"boolean"},)"
    R"("data":{"description":"What the command found, when success is true"},)"
    R"("error":{"type":"object","description":"Why not, when success is false"}},)"
    R"("required":["success"]})";

// Whether it reaches out of the node.
bool is_open_world(const command_row& row) {
  return std::ranges::find(row.tags, "open-world") != row.tags.end();
}

void append_annotations(json_writer& json, const command_row& row) {
  json.key("annotations").begin_object();
  json.field("readOnlyHint", !row.mutation).field("destructiveHint", row.destructive);
  json.field("idempotentHint", row.idempotent).field("openWorldHint", is_open_world(row));
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

item tool_of(const command_row& row) {
  item tool{.name = std::string(row.name), .json = {}};
  json_writer json(tool.json);
  json.begin_object().field("name", row.name).field("description", row.description);
  json.key("inputSchema").raw(to_json_schema(row.fields));
  json.key("outputSchema").raw(answer_schema(row));
  append_annotations(json, row);
  append_meta(json, row);
  json.end_object();
  return tool;
}

// --- Groups -------------------------------------------------------------------------------------

// What is left of a command's name in its group: `chat-room-create` is `room-create`.
std::string_view action_of(const command_row& row) {
  const auto dash = row.name.find('-');
  return dash == std::string_view::npos ? row.name : row.name.substr(dash + 1);
}

std::vector<const command_row*> rows_of(std::string_view category) {
  std::vector<const command_row*> rows;
  for (const auto& row : command_table())
    if (row.category == category) rows.push_back(&row);
  return rows;
}

std::string actions_of(const std::vector<const command_row*>& rows) {
  std::string names;
  for (const auto* row : rows) names.append(names.empty() ? "" : ", ").append(action_of(*row));
  return names;
}

// What each action does, as far as it fits: hosts cut long descriptions. In any case the names,
// and each action's own description with its input.
std::string group_description(const std::vector<const command_row*>& rows) {
  std::string all = "One of these actions, with its input as params:";
  for (const auto* row : rows)
    all.append("\n- ").append(action_of(*row)).append(": ").append(row->description);
  if (utf16_length(all).value_or(0) <= limits::mcp_description_max) return all;
  return "One of these actions, with its input as params (what each does and takes stands in the "
         "schema of params): " +
         actions_of(rows);
}

item group_tool(std::string_view category) {
  const auto rows = rows_of(category);
  const auto description = group_description(rows);
  item tool{.name = std::string(category), .json = {}};
  json_writer json(tool.json);
  json.begin_object().field("name", category).field("description", description);
  json.key("inputSchema").begin_object().field("type", "object").key("properties").begin_object();
  json.key("action").begin_object().field("type", "string").key("enum").begin_array();
  for (const auto* row : rows) json.string(action_of(*row));
  json.end_array().end_object();
  json.key("params").begin_object().field("type", "object");
  json.field("description", "The action's input; its fields by action").key("anyOf").begin_array();
  for (const auto* row : rows) {
    std::string about = R"("title":)";
    append_json_string(about, action_of(*row));
    append_json_string(about += R"(,"description":)", row->description);
    json.raw(with_members(to_json_schema(row->fields), about));
  }
  json.end_array().end_object().end_object();
  json.key("required").begin_array().string("action").end_array().end_object();
  json.key("outputSchema").raw(any_answer);
  const auto all = [&](auto member) { return std::ranges::all_of(rows, member); };
  json.key("annotations").begin_object();
  json.field("readOnlyHint", all([](const auto* r) { return !r->mutation; }));
  json.field("destructiveHint", !all([](const auto* r) { return !r->destructive; }));
  json.field("idempotentHint", all([](const auto* r) { return r->idempotent; }));
  json.field("openWorldHint",
             std::ranges::any_of(rows, [](const auto* r) { return is_open_world(*r); }))
      .end_object()
      .end_object();
  return tool;
}

std::vector<item> group_tools() {
  std::vector<item> tools;
  for (const auto& row : command_table())
    if (std::ranges::find(tools, row.category, &item::name) == tools.end())
      tools.push_back(group_tool(row.category));
  return tools;
}

result<call_ptr> grouped_call(const std::vector<const command_row*>& rows, std::string_view group,
                              std::optional<element> arguments) {
  const auto action = arguments ? text_member(*arguments, "action") : std::nullopt;
  const auto row =
      std::ranges::find(rows, action.value_or(""), [](const auto* r) { return action_of(*r); });
  if (!action || row == rows.end())
    return tl::unexpected(make_failure(
        action ? errc::command_not_found : errc::invalid_grouped_call,
        std::string(group) + (action ? " has no such action" : " needs the field action"),
        R"(Send {"action":…,"params":{…}} with one of: )" + actions_of(rows)));
  std::vector<warning> warnings;
  for (const auto& [key, value] : simdjson::dom::object(*arguments)) {
    if (key == "action" || key == "params") continue;
    const std::string name(utf16_prefix(key, limits::echoed_units_max));
    // Whoever meant to try a write, or to send it again, must not get a plain one.
    if (!meant_of_writes(key).empty())
      return tl::unexpected(
          make_failure(errc::validation_error, name + " is not looked for beside action",
                       "Put " + std::string(meant_of_writes(key)) + " into params"));
    constexpr std::size_t warnings_max = 16;
    if (warnings.size() == warnings_max) continue;
    warnings.push_back({"UNKNOWN_FIELD", "Field '" + name +
                                             "' stands beside action and was ignored: put the "
                                             "action's input into params"});
  }
  auto call = make_call((*row)->name, member(*arguments, "params"));
  call->warnings = std::move(warnings);
  return call;
}

// What an agent needs to find the rest.
bool tells_of_commands(const command_row& row) { return row.name.starts_with("afd-"); }

}  // namespace

std::optional<tool_strategy> parse_tool_strategy(std::string_view name) {
  if (name == "individual") return tool_strategy::individual;
  if (name == "grouped") return tool_strategy::grouped;
  if (name == "lazy") return tool_strategy::lazy;
  return std::nullopt;
}

std::vector<item> command_tools(tool_strategy how) {
  if (how == tool_strategy::grouped) return group_tools();
  std::vector<item> tools;
  for (const auto& row : command_table())
    if (how == tool_strategy::individual || tells_of_commands(row)) tools.push_back(tool_of(row));
  return tools;
}

result<call_ptr> command_of(tool_strategy how, std::string_view tool,
                            std::optional<element> arguments) {
  if (how == tool_strategy::grouped)
    if (const auto rows = rows_of(tool); !rows.empty()) return grouped_call(rows, tool, arguments);
  return make_call(tool, arguments);
}

std::string tool_result(const command_answer& answer) {
  std::string out = R"({"content":[{"type":"text","text":)";
  append_json_string(out, answer.json);
  out.append(R"(}],"structuredContent":)").append(answer.json);
  out.append(R"(,"isError":)").append(answer.success ? "false" : "true").append("}");
  return out;
}

}  // namespace chat::mcp
