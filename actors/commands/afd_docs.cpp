#include <algorithm>
#include <map>
#include <vector>

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/command_schema.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"
#include "model/typescript.hpp"

namespace chat {

namespace {

using namespace inputs;

// A text as one cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void append_parameters(std::string& out, std::span<const field> fields, const std::string& prefix) {
  for (const auto& f : fields) {
    const auto name = prefix + std::string(f.name);
    out += "| " + name + " | `" + cell(to_typescript(to_json_schema(f))) + "` | ";
    out.append(f.required ? "Yes" : "No").append(" | ").append(cell(f.description)).append(" |\n");
    append_parameters(out, f.members.span(), name + (f.type == objects ? "[]." : "."));
  }
}

template <class Range>
std::string ticked(const Range& words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "`" : ", `").append(word).append("`");
  return out;
}

void append_command(std::string& out, const command_row& row) {
  out.append("### `").append(row.name).append("`\n\n").append(row.description).append("\n\n");
  out.append("**Tags:** ").append(ticked(row.tags)).append("\n\n");
  out.append("**Mutation:** ").append(row.mutation ? "Yes" : "No (read-only)").append("\n\n");
  if (!row.fields.empty()) {
    out +=
        "**Parameters:**\n\n| Name | Type | Required | Description |\n"
        "|------|------|----------|-------------|\n";
    append_parameters(out, row.fields, "");
    out += '\n';
  }
  out.append("**Answers:** `").append(to_typescript(output_schema(row))).append("`\n\n");
  std::vector<std::string_view> errors;
  for (const auto code : errors_of(row)) errors.push_back(to_string(code));
  out.append("**Errors:** ").append(ticked(errors)).append("\n\n");
  for (const auto& example : row.examples) {
    out.append("**Example:** ").append(example.title).append("\n\n```json\n");
    out.append(example.input).append("\n```\n\n");
  }
  out += "---\n\n";
}

std::string markdown(const std::vector<const command_row*>& rows) {
  std::map<std::string_view, std::vector<const command_row*>> groups;
  for (const auto* row : rows) groups[row->category].push_back(row);
  std::string out = "# Command Documentation\n\n";
  for (auto& [category, members] : groups) {
    out.append("## ").append(category).append("\n\n");
    std::ranges::sort(members, {}, &command_row::name);
    for (const auto* row : members) append_command(out, *row);
  }
  return out;
}

// The manual of one command or of all.
void run_afd_docs(command_run_ptr run) {
  std::vector<const command_row*> rows;
  if (run->in().has("command")) {
    const auto name = run->in().text("command");
    const auto* row = find_command(name);
    if (!row) return run->fail(command_not_found(name));
    rows.push_back(row);
  } else {
    for (const auto& row : command_table()) rows.push_back(&row);
  }
  command_result r;
  r.data.clear();
  json_writer(r.data)
      .begin_object()
      .field("markdown", markdown(rows))
      .field("commandCount", rows.size())
      .end_object();
  r.reasoning = rows.size() == 1
                    ? "Generated documentation for \"" + std::string(rows[0]->name) + '"'
                    : "Generated documentation for " + std::to_string(rows.size()) + " commands";
  run->finish(std::move(r));
}

constexpr std::array docs_fields{field{.name = "command",
                                       .description = "Name of one command; without it all come",
                                       .max = limits::command_name_units_max}};

constexpr std::string_view docs_output =
    R"({"type":"object","properties":{"markdown":{"type":"string"},)"
    R"("commandCount":{"type":"integer"}},"required":["markdown","commandCount"]})";

constexpr std::string_view docs_tags[] = {"bootstrap", "read", "safe"};
constexpr errc docs_errors[] = {errc::validation_error, errc::command_not_found, errc::timeout};
constexpr command_example docs_examples[] = {{"One command", R"({"command":"chat-send"})"}};

}  // namespace

constinit const command_row afd_docs_row{
    .name = "afd-docs",
    .category = "bootstrap",
    .description = "The manual, as Markdown: what commands take, answer and refuse",
    .tags = docs_tags,
    .fields = docs_fields,
    .output = docs_output,
    .errors = docs_errors,
    .examples = docs_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_docs};

}  // namespace chat
