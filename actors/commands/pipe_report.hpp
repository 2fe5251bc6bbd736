#pragma once
// What a pipe tells of itself: PipelineResult (contract, section 7), as a CommandResult that has
// `steps` and more metadata.

#include <string>
#include <string_view>
#include <vector>

#include "actors/command_call.hpp"
#include "model/command_result.hpp"

namespace chat {

/// One step, as it went. What is JSON is JSON text; empty means that it is not there.
struct step_report {
  std::string_view status = "skipped";  ///< success, failure, skipped
  std::string data = {};
  std::string error = {};
  double took_ms = 0;
  std::string alias = {};
  std::string command = {};
  std::string reasoning = {};
  double confidence = 1;
  std::vector<warning> warnings = {};
  bool is_replayed = false;    ///< its idempotencyKey was known: nothing was done again
  std::string undo = {};       ///< the command that takes it back, if one does …
  std::string undo_args = {};  ///< … and its input, as JSON

  /// What of its input may not have been meant so: warnings, or a part of why it failed. In a dry
  /// run steps before it may have written nothing that it could refer to: then it says so.
  void take_notes(const std::vector<std::string>& notes, bool is_dry);
};

/// A step out of its command's answer.
step_report read_step(const command_answer& answer);

struct pipe_report {
  std::vector<step_report> steps;

  /// It succeeded when no step failed; it has the data of the last one that succeeded, if one did,
  /// also when another failed.
  command_result result() const;
};

/// The answer of a pipe none of whose steps was run, `why` telling the reason. It has one step that
/// stands for none.
command_result failed_pipe(failure why);
/// The same for what is no pipe; `why` says what does not fit.
command_result refused_pipe(failure why);

/// JSON Schema of the whole answer.
inline constexpr std::string_view pipe_answer_schema =
    R"({"type":"object","properties":{"success":{"type":"boolean",)"
    R"("description":"No step failed"},)"
    R"("data":{"description":"The data of the last step that succeeded; absent without one"},)"
    R"("error":{"type":"object","additionalProperties":{},)"
    R"("description":"Of the first failed step"},)"
    R"("steps":{"type":"array","items":{"type":"object","properties":{)"
    R"("index":{"type":"integer"},"alias":{"type":"string"},"command":{"type":"string"},)"
    R"("status":{"type":"string","enum":["success","failure","skipped"]},"data":{},)"
    R"("error":{"type":"object","additionalProperties":{}},"executionTimeMs":{"type":"number"},)"
    R"("undoCommand":{"type":"string","description":"The command that takes the step back"},)"
    R"("undoArgs":{"type":"object","description":"Its input"},)"
    R"("metadata":{"type":"object","additionalProperties":{},"description":"As the command's: )"
    R"(confidence, reasoning, warnings, and replayed where its idempotencyKey was known"}},)"
    R"("required":["index","command","status","executionTimeMs"]}},)"
    R"("metadata":{"type":"object","properties":{"confidence":{"type":"number",)"
    R"("description":"The least of the steps that succeeded"},)"
    R"("confidenceBreakdown":{"type":"array","items":{"type":"object","additionalProperties":{}}},)"
    R"("reasoning":{"type":"array","items":{"type":"object","additionalProperties":{}}},)"
    R"("warnings":{"type":"array","items":{"type":"object","additionalProperties":{}}},)"
    R"("sources":{"type":"array","items":{}},"alternatives":{"type":"array","items":{}},)"
    R"("executionTimeMs":{"type":"number"},"completedSteps":{"type":"integer"},)"
    R"("totalSteps":{"type":"integer"},"commandVersion":{"type":"string"},)"
    R"("traceId":{"type":"string"},"timestamp":{"type":"string","format":"date-time"}}},)"
    R"("reasoning":{"type":"string"},"confidence":{"type":"number"},)"
    R"("warnings":{"type":"array","items":{"type":"object","additionalProperties":{}}}},)"
    R"("required":["success"]})";

}  // namespace chat
