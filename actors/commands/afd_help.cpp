#include <algorithm>
#include <map>
#include <vector>

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/commands/commands.hpp"
#include "model/afd_contract.hpp"
#include "model/concat.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using namespace inputs;

// What of the commands is asked for.
struct help_filter {
  explicit help_filter(const command_input& in)
      : part(ascii_lower(in.text("filter"))),
        tags(in.texts("tags")),
        without(in.texts("excludeTags")),
        consumes(in.texts("handoffCapabilities")),
        is_given(!part.empty() || in.has("tags") || in.has("excludeTags") ||
                 in.has("handoffCapabilities")),
        by_capability(in.has("handoffCapabilities")) {}

  bool takes(const command_row& row) const {
    if (!part.empty() && !has_part(row)) return false;
    if (!tags.empty() && !has_any(row, tags)) return false;
    return !has_any(row, without) && may_consume(row);
  }

  std::string part;
  std::vector<std::string> tags;
  std::vector<std::string> without;
  std::vector<std::string> consumes;  ///< protocols of handoffs that the caller can use
  bool is_given;
  bool by_capability;

 private:
  bool has_part(const command_row& row) const {
    const auto holds = [&](std::string_view text) {
      return ascii_lower(text).find(part) != std::string::npos;
    };
    return holds(row.name) || holds(row.category) || std::ranges::any_of(row.tags, holds);
  }
  static bool has_any(const command_row& row, const std::vector<std::string>& some) {
    return std::ranges::any_of(
        row.tags, [&](std::string_view tag) { return std::ranges::count(some, tag) > 0; });
  }
  // Of commands that hand off, those to a protocol that the caller knows.
  bool may_consume(const command_row& row) const {
    if (!by_capability || row.handoff_protocol.empty()) return true;
    return std::ranges::any_of(consumes, [&](const std::string& protocol) {
      return std::ranges::count(row.tags, "handoff:" + protocol) > 0;
    });
  }
};

void write_command(json_writer& json, const command_row& row, bool full) {
  json.begin_object().field("name", row.name).field("description", row.description);
  if (full) {
    json.field("category", row.category).key("tags").begin_array();
    for (const auto tag : row.tags) json.string(tag);
    json.end_array().field("mutation", row.mutation);
    if (row.destructive) json.field("destructive", true);
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
  const help_filter filter(run->in());
  const bool full = run->in().text("format") == "full";
  std::vector<const command_row*> rows;
  for (const auto& row : command_table())
    if (filter.takes(row)) rows.push_back(&row);
  std::map<std::string_view, std::vector<const command_row*>> groups;
  for (const auto* row : rows) groups[row->category].push_back(row);

  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_object().key("commands").begin_array();
  for (const auto* row : rows) write_command(json, *row, full);
  json.end_array().field("total", rows.size()).field("filtered", filter.is_given);
  json.field("contractVersion", afd_contract_version);
  json.key("groupedByCategory").begin_object();
  for (const auto& [category, members] : groups) {
    json.key(category).begin_array();
    for (const auto* row : members) write_command(json, *row, full);
    json.end_array();
  }
  json.end_object().end_object();
  r.reasoning = filter.is_given
                    ? "Found " + std::to_string(rows.size()) + " commands matching the filter"
                    : "Listing all " + std::to_string(rows.size()) + " available commands";
  r.hints = rows.empty() ? R"({"nextAction":"Call afd-help without filter for all commands"})"
                         : R"({"nextAction":"Call afd-schema for the inputs of these commands"})";
  run->finish(std::move(r));
}

constexpr std::string_view help_formats[] = {"brief", "full"};
constexpr std::array help_fields{
    field{.name = "filter", .description = "Part of a tag, category or name", .max = 64},
    field{.name = "tags",
          .type = texts,
          .description = "Only commands with one of these tags",
          .max = limits::discover_tags_max,
          .item_units_max = limits::filter_units_max},
    field{.name = "excludeTags",
          .type = texts,
          .description = "No commands with one of these tags",
          .max = limits::discover_tags_max,
          .item_units_max = limits::filter_units_max},
    field{.name = "handoffCapabilities",
          .type = texts,
          .description = "Protocols whose connections you can use, such as websocket or sse: of "
                         "commands that hand off only those to one of them",
          .max = limits::discover_tags_max,
          .item_units_max = limits::filter_units_max},
    field{.name = "format",
          .description = "brief (default) or full: with tags and examples",
          .max = 16,
          .choices = help_formats}};

// A command as it is listed.
constexpr std::string_view help_command =
    R"({"type":"object","properties":{"name":{"type":"string"},"description":{"type":"string"},)"
    R"("category":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},)"
    R"("mutation":{"type":"boolean","description":"Whether it changes anything"},)"
    R"("destructive":{"type":"boolean","description":"Whether it may take something away"},)"
    R"("examples":{"type":"array","items":{"type":"object","properties":{)"
    R"("title":{"type":"string"},"input":{"type":"object","additionalProperties":{}}},)"
    R"("required":["title","input"]}}},"required":["name","description"]})";
constexpr std::string_view help_head =
    R"({"type":"object","properties":{"commands":{"type":"array","items":)";
constexpr std::string_view help_middle =
    R"(},"total":{"type":"integer","description":"How many are listed"},)"
    R"("filtered":{"type":"boolean","description":"Whether a filter was given"},)"
    R"("contractVersion":{"type":"string",)"
    R"("description":"Of the public AFD contract that the node follows"},)"
    R"("groupedByCategory":{"type":"object","additionalProperties":{"type":"array","items":)";
constexpr std::string_view help_tail =
    R"(}}},"required":["commands","total","filtered","contractVersion","groupedByCategory"]})";

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
