#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/command_schema.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"
#include "model/typescript.hpp"

namespace chat {

namespace {

using namespace inputs;

// A type of what a command takes and one of what it answers as data.
std::string typescript() {
  std::string out;
  const auto declare = [&](const command_row& row, std::string_view what,
                           const std::string& schema) {
    out.append("/** ").append(what).append(" of `").append(row.name).append("`: ");
    out.append(row.description).append(" */\nexport type ").append(pascal_case(row.name));
    out.append(what).append(" = ").append(to_typescript(schema)).append(";\n\n");
  };
  for (const auto& row : command_table()) {
    declare(row, "Input", to_json_schema(row.fields));
    declare(row, "Output", output_schema(row));
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

constexpr std::string_view schema_output =
    R"({"type":"object","properties":{"schemas":{"type":"array","items":{"type":"object",)"
    R"("properties":{"name":{"type":"string"},"description":{"type":"string"},)"
    R"("inputSchema":{"type":"object","additionalProperties":{},)"
    R"("description":"What the command takes, as JSON Schema 2020-12"}},)"
    R"("required":["name","description","inputSchema"]}},)"
    R"("count":{"type":"integer"},"format":{"type":"string","enum":["json","typescript"]},)"
    R"("typescript":{"type":"string","description":"With format typescript: a module that exports )"
    R"(a type of the input and one of the data of each command"}},)"
    R"("required":["schemas","count","format"]})";

constexpr std::string_view schema_tags[] = {"bootstrap", "read", "safe"};
constexpr errc schema_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example schema_examples[] = {{"As TypeScript", R"({"format":"typescript"})"}};

}  // namespace

constinit const command_row afd_schema_row{
    .name = "afd-schema",
    .category = "bootstrap",
    .description = "What every command takes, as JSON Schema or TypeScript",
    .tags = schema_tags,
    .fields = schema_fields,
    .output = schema_output,
    .errors = schema_errors,
    .examples = schema_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_schema};

}  // namespace chat
