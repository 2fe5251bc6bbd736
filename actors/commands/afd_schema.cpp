#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

// chat-room-create -> ChatRoomCreateInput
std::string type_name(std::string_view command) {
  std::string out;
  bool upper = true;
  for (const char c : command) {
    if (c == '-') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out + "Input";
}

std::string typescript() {
  std::string out;
  for (const auto& row : command_table()) {
    out +=
        "/** Input of `" + std::string(row.name) + "`: " + std::string(row.description) + " */\n";
    out += "export type " + type_name(row.name) + " = " + to_typescript(row.fields) + ";\n\n";
  }
  return out;
}

// What every command takes.
void run_afd_schema(command_run_ptr run) {
  const bool as_typescript = run->in().text("format") == "typescript";
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("schemas").begin_array();
  for (const auto& row : command_table())
    json.begin_object()
        .field("name", row.name)
        .field("description", row.description)
        .key("inputSchema")
        .raw(to_json_schema(row.fields))
        .end_object();
  const auto count = std::to_string(command_table().size());
  json.end_array().field("count", command_table().size());
  json.field("format", as_typescript ? "typescript" : "json");
  if (as_typescript) json.field("typescript", typescript());
  json.end_object();
  r.reasoning = as_typescript ? "Exported " + count + " schemas with TypeScript input types"
                              : "Exported JSON schemas for " + count + " commands";
  run->finish(std::move(r));
}

constexpr std::string_view schema_formats[] = {"json", "typescript"};
constexpr std::array schema_fields{field{.name = "format",
                                         .description = "json (default) or typescript",
                                         .max = 16,
                                         .choices = schema_formats}};

constexpr std::string_view schema_tags[] = {"bootstrap", "read", "safe"};
constexpr errc schema_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example schema_examples[] = {{"As TypeScript", R"({"format":"typescript"})"}};

}  // namespace

constinit const command_row afd_schema_row{
    .name = "afd-schema",
    .category = "bootstrap",
    .description = "The inputs of every command, as JSON Schema or TypeScript",
    .tags = schema_tags,
    .fields = schema_fields,
    .errors = schema_errors,
    .examples = schema_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_schema};

}  // namespace chat
