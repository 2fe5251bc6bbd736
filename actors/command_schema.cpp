#include "actors/command_schema.hpp"

namespace chat {

namespace {

constexpr std::string_view answer_head =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"data":)";
constexpr std::string_view answer_tail =
    R"(,"error":{"type":"object","description":"Why not, when success is false","properties":{)"
    R"("code":{"type":"string"},"message":{"type":"string"},)"
    R"("suggestion":{"type":"string","description":"What to do about it"},)"
    R"("retryable":{"type":"boolean",)"
    R"("description":"Whether the same call may succeed later"},"details":{"type":"object"}},)"
    R"("required":["code","message","suggestion"]},)"
    R"("reasoning":{"type":"string"},"confidence":{"type":"number"},)"
    R"("warnings":{"type":"array","items":{"type":"object"}},)"
    R"("metadata":{"type":"object","properties":{"executionTimeMs":{"type":"number"},)"
    R"("commandVersion":{"type":"string"},"traceId":{"type":"string"},)"
    R"("timestamp":{"type":"string","format":"date-time"}}},)"
    R"("_agentHints":{"type":"object","description":"What to do next"}},"required":["success"]})";

}  // namespace

std::string answer_schema(const command_row& row) {
  if (!row.answer.empty()) return std::string(row.answer);
  std::string schema(answer_head);
  return schema.append(row.output.empty() ? "{}" : row.output).append(answer_tail);
}

}  // namespace chat
