#include "actors/command_schema.hpp"

#include <algorithm>

namespace chat {

namespace {

constexpr std::string_view answer_head =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"data":)";
constexpr std::string_view answer_tail =
    R"(,"undoCommand":{"type":"string","description":"The command that takes it back"},)"
    R"("undoArgs":{"type":"object","description":"Its input"},)"
    R"("error":{"type":"object","description":"Why not, when success is false","properties":{)"
    R"("code":{"type":"string"},"message":{"type":"string"},)"
    R"("suggestion":{"type":"string","description":"What to do about it"},)"
    R"("retryable":{"type":"boolean",)"
    R"("description":"Whether the same call may succeed later"},"details":{"type":"object"}},)"
    R"("required":["code","message","suggestion"]},)"
    R"("reasoning":{"type":"string"},"confidence":{"type":"number"},)"
    R"("warnings":{"type":"array","items":{"type":"object"}},)"
    R"("metadata":{"type":"object","properties":{"executionTimeMs":{"type":"number"},)"
    R"("commandVersion":{"type":"string"},"traceId":{"type":"string"},)"
    R"("timestamp":{"type":"string","format":"date-time"},)"
    R"("replayed":{"type":"boolean","description":"This is the first answer to the )"
    R"(idempotencyKey: nothing was done again"}}},)"
    R"("_agentHints":{"type":"object","description":"What to do next"}},"required":["success"]})";

constexpr std::string_view or_dry_begin = R"({"anyOf":[)";
constexpr std::string_view or_dry_end =
    R"(,{"type":"object","description":"With dryRun","properties":{)"
    R"("dryRun":{"type":"boolean","const":true},)"
    R"("would":{"type":"string","description":"What the call would do"}},)"
    R"("required":["dryRun","would"]}]})";

bool may_be_dry(const command_row& row) {
  return std::ranges::any_of(row.fields, [](const field& f) { return f.name == "dryRun"; });
}

}  // namespace

std::string output_schema(const command_row& row) {
  if (!row.answer.empty()) return std::string(row.answer);
  const std::string data(row.output.empty() ? "{}" : row.output);
  if (!may_be_dry(row)) return data;
  return std::string(or_dry_begin).append(data).append(or_dry_end);
}

std::string answer_schema(const command_row& row) {
  auto output = output_schema(row);
  if (!row.answer.empty()) return output;
  return std::string(answer_head).append(output).append(answer_tail);
}

}  // namespace chat
