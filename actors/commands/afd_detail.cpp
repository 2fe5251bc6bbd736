#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "actors/command_schema.hpp"
#include "actors/commands/commands.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

void write_known(json_writer& json, const command_row& row, const caller& who) {
  json.begin_object().field("name", row.name).field("found", true);
  json.field("description", row.description).field("category", row.category);
  json.key("tags").begin_array();
  for (const auto tag : row.tags) json.string(tag);
  json.end_array().field("mutation", row.mutation).key("errors").begin_array();
  for (const auto code : errors_of(row)) json.string(to_string(code));
  json.end_array().key("inputSchema").raw(to_json_schema(row.fields));
  json.key("outputSchema").raw(output_schema(row));
  if (!row.handoff_protocol.empty())
    json.field("handoff", true).field("handoffProtocol", row.handoff_protocol);
  json.field("version", row.version).field("scope", to_string(row.needs));
  json.field("callable", who.may >= row.needs).end_object();
}

void write_unknown(json_writer& json, std::string_view name) {
  const auto why = command_not_found(name);
  json.begin_object().field("name", shown_command(name)).field("found", false);
  json.key("error").begin_object().field("code", to_string(why.code));
  json.field("message", why.message).field("suggestion", why.suggestion);
  json.end_object().end_object();
}

// All there is to know of some commands.
void run_afd_detail(command_run_ptr run) {
  const auto names = run->in().texts("command");
  std::size_t known = 0;
  command_result r;
  r.data.clear();
  json_writer json(r.data);
  json.begin_array();
  for (const auto& name : names) {
    const auto* row = find_command(name);
    known += row ? 1 : 0;
    if (row)
      write_known(json, *row, run->who());
    else
      write_unknown(json, name);
  }
  json.end_array();
  r.reasoning = "Resolved " + std::to_string(known) + " of " + std::to_string(names.size()) +
                " requested commands";
  run->finish(std::move(r));
}

constexpr std::array detail_fields{field{.name = "command",
                                         .type = text_or_texts,
                                         .required = true,
                                         .description = "Name of a command, or up to 10 names",
                                         .min = 1,
                                         .max = limits::detail_commands_max,
                                         .item_units_max = limits::command_name_units_max}};

constexpr std::string_view detail_output =
    R"({"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},)"
    R"("found":{"type":"boolean"},"description":{"type":"string"},"category":{"type":"string"},)"
    R"("tags":{"type":"array","items":{"type":"string"}},)"
    R"("mutation":{"type":"boolean","description":"Whether it changes anything"},)"
    R"("errors":{"type":"array","items":{"type":"string"},)"
    R"("description":"Codes it may fail with, besides RATE_LIMITED and INTERNAL_ERROR"},)"
    R"("inputSchema":{"type":"object","additionalProperties":{},)"
    R"("description":"What it takes, as JSON Schema"},)"
    R"("outputSchema":{"type":"object","additionalProperties":{},)"
    R"("description":"What it answers as data; of afd-batch and afd-pipe the whole answer"},)"
    R"("handoff":{"type":"boolean","description":"It hands off to a connection, for a person"},)"
    R"("handoffProtocol":{"type":"string"},"version":{"type":"string"},)"
    R"("scope":{"type":"string","description":"What callers need: read, write or admin"},)"
    R"("callable":{"type":"boolean","description":"Whether your scope allows to call it"},)"
    R"("error":{"type":"object","description":"Why it was not found","properties":{)"
    R"("code":{"type":"string"},"message":{"type":"string"},"suggestion":{"type":"string"}},)"
    R"("required":["code","message","suggestion"]}},"required":["name","found"]}})";

constexpr std::string_view detail_tags[] = {"bootstrap", "read", "safe"};
constexpr errc detail_errors[] = {errc::validation_error, errc::timeout};
constexpr command_example detail_examples[] = {
    {"One command", R"({"command":"chat-poll"})"},
    {"Two at once", R"({"command":["chat-poll","chat-send"]})"}};

}  // namespace

constinit const command_row afd_detail_row{
    .name = "afd-detail",
    .category = "bootstrap",
    .description = "Everything about one command or some: what it takes, answers and refuses",
    .tags = detail_tags,
    .fields = detail_fields,
    .output = detail_output,
    .errors = detail_errors,
    .examples = detail_examples,
    .idempotent = true,
    .needs = scope::read,
    .run = run_afd_detail};

}  // namespace chat
