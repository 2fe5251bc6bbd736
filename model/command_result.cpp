#include "model/command_result.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

std::string encode_error(const failure& why) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("code", to_string(why.code)).field("message", why.message);
  json.field("suggestion", why.suggestion).field("retryable", is_retryable(why.code));
  if (!why.details.empty()) json.key("details").raw(why.details);
  json.end_object();
  return out;
}

std::string encode(const command_result& result, const result_metadata& meta) {
  std::string out;
  out.reserve(result.data.size() + 2 * result.hints.size() + result.members.size() +
              result.metadata_members.size() + 512);
  json_writer json(out);
  json.begin_object().field("success", result.success);
  if (!result.success)
    json.key("error").raw(encode_error(result.error));
  else if (!result.data.empty())
    json.key("data").raw(result.data);
  if (!result.members.empty()) json.raw(result.members);
  if (!result.undo.empty())
    json.field("undoCommand", result.undo).key("undoArgs").raw(result.undo_args);
  if (!result.reasoning.empty()) json.field("reasoning", result.reasoning);
  json.field("confidence", result.confidence);
  if (!result.warnings.empty()) {
    json.key("warnings").begin_array();
    for (const auto& w : result.warnings) {
      json.begin_object();
      if (!w.origin.empty()) json.raw(w.origin);
      json.field("code", w.code).field("message", w.message).field("severity", "info");
      if (!w.details.empty()) json.key("details").raw(w.details);
      json.end_object();
    }
    json.end_array();
  }
  json.key("metadata").begin_object();
  json.field("executionTimeMs", std::round(meta.execution_ms * 1000) / 1000);
  json.field("commandVersion", meta.command_version).field("traceId", meta.trace_id);
  json.field("timestamp", format_time(meta.timestamp_ms));
  if (!result.metadata_members.empty()) json.raw(result.metadata_members);
  if (!result.hints.empty()) json.key("agentHints").raw(result.hints);
  json.end_object();
  if (!result.hints.empty()) json.key("_agentHints").raw(result.hints);
  json.end_object();
  return out;
}

std::string with_warning(const std::string& answer, const warning& w, std::string_view severity) {
  auto json = nlohmann::ordered_json::parse(answer);
  json["warnings"].push_back(
      {{"code", w.code}, {"message", w.message}, {"severity", std::string(severity)}});
  return json.dump();
}

}  // namespace chat
