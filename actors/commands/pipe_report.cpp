#include "actors/commands/pipe_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

bool is_success(const step_report& step) { return step.status == "success"; }

void write_warning(json_writer& json, const warning& w) {
  json.field("code", w.code).field("message", w.message).field("severity", "info");
  if (!w.details.empty()) json.key("details").raw(w.details);
}

// A step as `steps` lists it.
void write_step(json_writer& json, const step_report& step, std::size_t index) {
  json.begin_object().field("index", index);
  if (!step.alias.empty()) json.field("alias", step.alias);
  json.field("command", step.command).field("status", step.status);
  if (!step.data.empty()) json.key("data").raw(step.data);
  if (!step.error.empty()) json.key("error").raw(step.error);
  json.field("executionTimeMs", step.took_ms);
  if (!step.undo.empty()) json.field("undoCommand", step.undo).key("undoArgs").raw(step.undo_args);
  if (is_success(step)) {
    json.key("metadata").begin_object().field("confidence", step.confidence);
    if (!step.reasoning.empty()) json.field("reasoning", step.reasoning);
    if (step.is_replayed) json.field("replayed", true);
    if (!step.warnings.empty()) {
      json.key("warnings").begin_array();
      for (const auto& w : step.warnings) {
        json.begin_object();
        write_warning(json, w);
        json.end_object();
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_object();
}

// The pipe's metadata are its steps', each with where it comes from.
class pipe_metadata {
 public:
  explicit pipe_metadata(const std::vector<step_report>& steps) : steps_(steps) {}

  double confidence() const {
    double least = 1;
    for (const auto& step : steps_)
      if (is_success(step)) least = std::min(least, step.confidence);
    return completed() > 0 ? least : 0;
  }
  std::ptrdiff_t completed() const { return std::ranges::count_if(steps_, is_success); }

  std::string members() const {
    std::string out;
    json_writer json(out);
    json.field("confidence", confidence()).key("confidenceBreakdown").begin_array();
    each_success([&](const step_report& step, std::size_t index) {
      json.begin_object().field("step", index);
      if (!step.alias.empty()) json.field("alias", step.alias);
      json.field("command", step.command).field("confidence", step.confidence);
      if (!step.reasoning.empty()) json.field("reasoning", step.reasoning);
      json.end_object();
    });
    json.end_array().key("reasoning").begin_array();
    each_success([&](const step_report& step, std::size_t index) {
      if (step.reasoning.empty()) return;
      json.begin_object().field("stepIndex", index).field("command", step.command);
      json.field("reasoning", step.reasoning).end_object();
    });
    json.end_array().key("warnings").begin_array();
    each_success([&](const step_report& step, std::size_t index) {
      for (const auto& w : step.warnings) {
        json.begin_object();
        write_warning(json, w);
        json.field("stepIndex", index);
        if (!step.alias.empty()) json.field("stepAlias", step.alias);
        json.end_object();
      }
    });
    json.end_array();
    // No command of this node names sources or alternatives.
    json.key("sources").begin_array().end_array().key("alternatives").begin_array().end_array();
    json.field("completedSteps", completed()).field("totalSteps", steps_.size());
    return out;
  }

 private:
  template <class Write>
  void each_success(Write write) const {
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (is_success(steps_[i])) write(steps_[i], i);
  }

  const std::vector<step_report>& steps_;
};

std::string reasoning_of(const std::vector<step_report>& steps) {
  const auto count = [&](std::string_view status) {
    return std::to_string(std::ranges::count(steps, status, &step_report::status));
  };
  return "Ran a pipe of " + std::to_string(steps.size()) + " step(s): " + count("success") +
         " succeeded, " + count("failure") + " failed, " + count("skipped") + " skipped";
}

// The first failure, as the pipe's own: code, advice and details are the step's.
failure failure_of(const step_report& step, std::size_t index) {
  failure why{errc::internal_error, {}, {}, {}, 0};
  const auto error = parse_json(step.error);
  if (!error) return why;
  why.code = parse_errc(text_member(*error, "code").value_or("")).value_or(why.code);
  why.message = "Step " + std::to_string(index) + " (" + step.command +
                ") failed: " + std::string(text_member(*error, "message").value_or(""));
  why.suggestion = text_member(*error, "suggestion").value_or("");
  if (const auto details = member(*error, "details")) why.details = simdjson::minify(*details);
  return why;
}

}  // namespace

void step_report::take_notes(const std::vector<std::string>& notes, bool is_dry) {
  for (const auto& note : notes) warnings.push_back({"REFERENCE_UNRESOLVED", "input." + note});
  if (notes.empty() || error.empty()) return;
  auto json = nlohmann::ordered_json::parse(error);
  auto message = json["message"].get<std::string>();
  for (const auto& note : notes) message += "; input." + note;
  json["message"] = message;
  if (is_dry)
    json["suggestion"] =
        "In a dry run steps that write have no data to refer to: try this one by itself, with such "
        "data in its input";
  error = json.dump();
}

step_report read_step(const command_answer& answer) {
  step_report step{.status = answer.success ? "success" : "failure"};
  const auto result = parse_json(answer.json);
  if (!result) return step;
  if (const auto data = member(*result, "data"); data && answer.success)
    step.data = simdjson::minify(*data);
  if (const auto error = member(*result, "error")) step.error = simdjson::minify(*error);
  step.reasoning = text_member(*result, "reasoning").value_or("");
  step.confidence = number_member(*result, "confidence").value_or(1);
  if (const auto args = member(*result, "undoArgs")) {
    step.undo = text_member(*result, "undoCommand").value_or("");
    step.undo_args = simdjson::minify(*args);
  }
  bool replayed = false;
  if (const auto about = member(*result, "metadata"))
    step.is_replayed = !about->at_key("replayed").get(replayed) && replayed;
  simdjson::dom::array warnings;
  if (result->at_key("warnings").get(warnings)) return step;
  for (const auto given : warnings) {
    const auto details = member(given, "details");
    step.warnings.push_back({std::string(text_member(given, "code").value_or("")),
                             std::string(text_member(given, "message").value_or("")),
                             {},
                             details ? std::string(simdjson::minify(*details)) : std::string()});
  }
  return step;
}

command_result refused_pipe(failure why) {
  why.code = errc::invalid_pipeline_request;
  why.message = "Invalid pipeline request envelope";
  why.suggestion += ". " + std::string(default_suggestion(why.code));
  return failed_pipe(std::move(why));
}

command_result failed_pipe(failure why) {
  auto r = command_result::failed(std::move(why));
  json_writer json(r.members);
  json.key("steps").begin_array().begin_object().field("index", -1).field("command", "");
  json.field("status", "failure").key("error").raw(encode_error(r.error));
  json.field("executionTimeMs", 0).end_object().end_array();
  r.reasoning = "Nothing was run";
  r.metadata_members = pipe_metadata({}).members();
  return r;
}

command_result pipe_report::result() const {
  const pipe_metadata about(steps);
  const auto failed = std::ranges::find(steps, "failure", &step_report::status);
  command_result r;
  if (failed != steps.end())
    r = command_result::failed(
        failure_of(*failed, static_cast<std::size_t>(failed - steps.begin())));
  const auto last = std::ranges::find_if(steps.rbegin(), steps.rend(), is_success);
  json_writer json(r.members);
  if (r.success)
    r.data = last == steps.rend() ? "" : last->data;
  else if (last != steps.rend())
    json.key("data").raw(last->data);
  json.key("steps").begin_array();
  for (std::size_t i = 0; i < steps.size(); ++i) write_step(json, steps[i], i);
  json.end_array();
  r.confidence = about.confidence();
  r.reasoning = reasoning_of(steps);
  r.metadata_members = about.members();
  return r;
}

}  // namespace chat
