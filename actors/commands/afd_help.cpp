#include <algorithm>
#include <map>
#include <vector>

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/concat.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using namespace inputs;

bool matches(const command_row& row, const std::string& filter) {
  const auto holds = [&](std::string_view text) {
    return ascii_lower(text).find(filter) != std::string::npos;
  };
  return holds(row.name) || holds(row.category) || std::ranges::any_of(row.tags, holds);
}

void write_command(json_writer& json, const command_row& row, bool full) {
  json.begin_object().field("name", row.name).field("description", row.description);
  if (full) {
    json.field("category", row.category).key("tags").begin_array();
    for (const auto tag : row.tags) json.string(tag);
    json.end_array().field("mutation", row.mutation);
    if (!row.examples.empty()) {
      json.key("examples").begin_array();
      for (const auto& example : row.examples)
        json.begin_object()
            .field("title", example.title)
            .key("input")
            .raw(example.input)
            .end_object();
      json.end_array();
    }
  }
  json.end_object();
}

// What commands there are.
void run_afd_help(command_run_ptr run) {
  const auto filter = ascii_lower(run->in().text("filter"));
  const bool full = run->in().text("format") == "full";
  std::vector<const command_row*> rows;
  for (const auto& row : command_table())
    if (filter.empty() || matches(row, filter)) rows.push_back(&row);
  std::map<std::string_view, std::vector<const command_row*>> groups;
  for (const auto* row : rows) groups[row->category].push_back(row);

  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("commands").begin_array();
  for (const auto* row : rows) write_command(json, *row, full);
  json.end_array().field("total", rows.size()).field("filtered", !filter.empty());
  json.key("groupedByCategory").begin_object();
  for (const auto& [category, members] : groups) {
    json.key(category).begin_array();
    for (const auto* row : members) write_command(json, *row, full);
    json.end_array();
  }
  json.end_object().end_object();
  r.reasoning = filter.empty()
                    ? "Listing all " + std::to_string(rows.size()) + " available commands"
                    : "Found " + std::to_string(rows.size()) + " commands matching the filter";
  r.hints = rows.empty() ? R"({"nextAction":"Call afd-help without filter for all commands"})"
                         : R"({"nextAction":"Call afd-schema for the inputs of these commands"})";
  run->finish(std::move(r));
}

constexpr std::string_view help_formats[] = {"brief", "full"};
constexpr std::array help_fields{
    field{.name = "filter", .description = "Part of a tag, category or name", .max = 64},
    field{.name = "format",
          .description = "brief (default) or full: with tags and examples",
          .max = 16,
          .choices = help_formats}};

// A command as it is listed.
constexpr std::string_view help_command =
    R"({"type":"object","properties":{"name":{"type":"string"},"description":{"type":"string"},)"
    R"("category":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},)"
    R"("mutation":{"type":"boolean","description":"Whether it changes anything"},)"
    R"("examples":{"type":"array","items":{"type":"object","properties":{)"
    R"("title":{"type":"string"},"input":{"type":"object","additionalProperties":{}}},)"
    R"("required":["title","input"]}}},"required":["name","description"]})";
constexpr std::string_view help_head =
    R"({"type":"object","properties":{"commands":{"type":"array","items":)";
constexpr std::string_view help_middle =
    R"(},"total":{"type":"integer","description":"How many are listed"},)"
    R"("filtered":{"type":"boolean","description":"Whether a filter was given"},)"
    R"("groupedByCategory":{"type":"object","additionalProperties":{"type":"array","items":)";
constexpr std::string_view help_tail =
    R"(}}},"required":["commands","total","filtered","groupedByCategory"]})";

constexpr std::string_view help_tags[] = {"bootstrap", "read", "safe"};
constexpr errc help_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example help_examples[] = {{"Commands about chat", R"({"filter":"chat"})"}};

}  // namespace

constinit const command_row afd_help_row{
    .name = "afd-help",
    .category = "bootstrap",
    .description = "List the commands of this node with what they are for",
    .tags = help_tags,
    .fields = help_fields,
    .output = concat<help_head, help_command, help_middle, help_command, help_tail>,
    .errors = help_errors,
    .examples = help_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_help};

}  // namespace chat
