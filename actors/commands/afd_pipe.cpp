#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "actors/command_inputs.hpp"
#include "actors/command_part.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/pipe_report.hpp"
#include "model/json_reader.hpp"
#include "model/pipe_condition.hpp"
#include "model/pipe_values.hpp"

namespace chat {

namespace {

using namespace inputs;

// A pipe under way (contract, section 7). Its steps' handlers hold it, and its timer does not.
class pipe : public std::enable_shared_from_this<pipe> {
 public:
  explicit pipe(command_run_ptr run)
      : run_(std::move(run)),
        steps_(run_->in().objects("steps")),
        values_(std::string(run_->in().text("input"))) {
    const auto options = run_->in().objects("options");
    if (options.empty()) return;
    if (options[0].has("timeoutMs"))
      timeout_ms_ = std::min(timeout_ms_,
                             static_cast<std::int64_t>(std::ceil(options[0].number("timeoutMs"))));
    goes_on_ = options[0].boolean("continueOnFailure");
    is_parallel_ = options[0].boolean("parallel");
  }

  void start() {
    if (const auto step = unsupported(); step < steps_.size()) return fail_unsupported(step);
    run_->after(std::chrono::milliseconds(timeout_ms_), weak_from_this(), [this] { time_is_up(); });
    if (!run_->is_finished()) go_on();
  }

 private:
  const command_input& asked() const { return steps_[report_.steps.size()]; }

  // The first step that asks for what no pipe here does; past the end without one.
  std::size_t unsupported() const {
    if (is_parallel_) return 0;
    const auto streams = [](const command_input& step) { return step.boolean("stream"); };
    return static_cast<std::size_t>(std::ranges::find_if(steps_, streams) - steps_.begin());
  }

  // No step is run: the one at fault says why.
  void fail_unsupported(std::size_t at) {
    const auto why =
        make_failure(errc::unsupported_option,
                     is_parallel_ ? "Parallel pipeline execution is not supported"
                                  : "Streaming pipeline steps are not supported (step " +
                                        std::to_string(at) + " sets stream: true)");
    while (report_.steps.size() < steps_.size()) {
      const bool is_at = report_.steps.size() == at;
      add({.status = is_at ? "failure" : "skipped", .error = is_at ? encode_error(why) : ""});
    }
    finish();
  }

  // Up to the next step that is run, or the end.
  void go_on() {
    while (report_.steps.size() < steps_.size()) {
      if (!stopped_ && is_wanted()) return run_step();
      add({.status = "skipped", .error = stopped_ ? *stopped_ : std::string()});
    }
    finish();
  }

  // References may name a lot of what came before: only while they are looked up is it parsed.
  bool is_wanted() {
    if (!asked().has("when")) return true;
    const bool wanted = holds(pipe_value::parse(asked().text("when"), nullptr, false), values_);
    values_.forget();
    return wanted;
  }

  void run_step() {
    began_ = std::chrono::steady_clock::now();
    std::string input = "{}";
    if (asked().has("input")) {
      auto resolved = values_.resolve(pipe_value::parse(asked().text("input"), nullptr, false),
                                      limits::http_body_bytes_max);
      values_.forget();
      if (!resolved) return fail_step(too_big());
      input = std::move(*resolved);
    }
    auto what = part_of(asked());
    what.input = input;
    what.is_first = !std::exchange(has_run_, true);
    run_part(run_, what,
             [self = shared_from_this()](command_answer answer) { self->on_answer(answer); });
  }

  static failure too_big() {
    return make_failure(errc::validation_error,
                        "The input of this step is over 1 MiB once its references are resolved",
                        "Refer to the fields that the command needs, not to all of a step's data");
  }

  void on_answer(const command_answer& answer) {
    auto step = read_step(answer);
    if (asked().has("input")) step.take_notes(values_.notes(), run_->is_dry());
    step.took_ms = took_ms();
    bytes_ += answer.json.size();
    if (!answer.success && !goes_on_) stopped_.emplace();
    if (bytes_ > limits::composite_bytes_max)
      stopped_ = encode_error(make_failure(
          errc::command_skipped,
          "Skipped: the answers of this pipe are over " +
              std::to_string(limits::composite_bytes_max / 1024) + " KiB",
          "Ask for less in each step, with limit or maxChars, or make two pipes of it"));
    add(std::move(step));
    go_on();
  }

  void fail_step(const failure& why) {
    if (!goes_on_) stopped_.emplace();
    add({.status = "failure", .error = encode_error(why), .took_ms = took_ms()});
    go_on();
  }

  void time_is_up() {
    if (run_->is_finished()) return;
    auto why = make_failure(errc::pipeline_timeout,
                            "Pipeline timeout exceeded (" + std::to_string(timeout_ms_) + "ms)");
    if (timeout_ms_ == limits::composite_timeout_ms)
      why.suggestion = "No pipe may take longer: make two of it, or let its steps wait less";
    stopped_ = encode_error(why);
    add({.status = "failure", .error = *stopped_, .took_ms = has_run_ ? took_ms() : 0});
    go_on();
  }

  double took_ms() const {
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - began_;
    return std::round(took.count() * 100) / 100;
  }

  void add(step_report step) {
    step.alias = asked().text("as");
    step.command = shown_command(asked().text("command"));
    values_.add_step(step.alias,
                     step.status == "success" ? std::optional(step.data) : std::nullopt);
    report_.steps.push_back(std::move(step));
  }

  void finish() {
    if (!run_->is_finished()) run_->finish(report_.result());
  }

  command_run_ptr run_;
  std::span<const command_input> steps_;  // the run keeps them
  pipe_values values_;
  pipe_report report_;
  std::int64_t timeout_ms_ = limits::composite_timeout_ms;
  bool goes_on_ = false;  // after a failure
  bool is_parallel_ = false;
  bool has_run_ = false;  // some step was begun
  std::size_t bytes_ = 0;
  std::optional<std::string> stopped_;  // nothing more is run; the error of what is left, if any
  std::chrono::steady_clock::time_point began_ = {};  // the step under way
};

// --- What may not be ---------------------------------------------------------------------------

// What a pipe moves around is text that can be stored and sent on.
bool is_whole(const command_input& in, std::string_view name, std::string where,
              std::vector<input_problem>& problems) {
  if (!in.has(name)) return true;
  const auto parsed = parse_json(in.text(name));
  const auto broken = parsed ? find_broken_text(*parsed) : std::nullopt;
  if (!broken) return true;
  if (!broken->empty()) where += '.' + *broken;
  problems.push_back({std::move(where),
                      "Invalid string: must be valid Unicode, without lone surrogates",
                      "invalid_format"});
  return false;
}

// What is wrong with the shape of a pipe, besides what its schema says.
std::vector<input_problem> problems_of(const command_run& run) {
  const auto steps = run.in().objects("steps");
  auto problems = blank_names(steps, "steps");
  is_whole(run.in(), "input", "input", problems);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto place = "steps." + std::to_string(i);
    is_whole(steps[i], "input", place + ".input", problems);
    if (!is_whole(steps[i], "when", place + ".when", problems) || !steps[i].has("when")) continue;
    const auto condition = pipe_value::parse(steps[i].text("when"), nullptr, false);
    if (auto wrong = check_condition(condition, "steps." + std::to_string(i) + ".when"))
      problems.push_back(std::move(*wrong));
  }
  // A function, in the public library: no JSON is one.
  if (std::ranges::find(run.call().input->unknown, "options.onProgress") !=
      run.call().input->unknown.end())
    problems.push_back({"options.onProgress", "No JSON can stand here: leave it out", "custom"});
  if (problems.size() > limits::validation_errors_max)
    problems.resize(limits::validation_errors_max);
  return problems;
}

// How many objects and lists stand in one another.
std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\')
      ++i;
    else if (c == '"')
      in_text = !in_text;
    else if (!in_text && (c == '{' || c == '['))
      deepest = std::max(deepest, ++depth);
    else if (!in_text && (c == '}' || c == ']'))
      --depth;
  }
  return deepest;
}

bool is_too_deep(const command_input& in) {
  return depth_of(in.text("input")) > limits::pipe_input_depth_max;
}

// What of a pipe is nested deeper than steps may be.
std::optional<failure> too_deep(const command_input& in) {
  std::string what;
  if (is_too_deep(in)) what = "The pipe's input";
  const auto steps = in.objects("steps");
  for (std::size_t i = 0; i < steps.size() && what.empty(); ++i)
    if (is_too_deep(steps[i])) what = "The input of step " + std::to_string(i);
  if (what.empty()) return std::nullopt;
  const auto levels = std::to_string(limits::pipe_input_depth_max) + " levels";
  return make_failure(errc::validation_error, what + " is nested deeper than " + levels,
                      "Nest its objects and lists in at most " + levels);
}

// Steps one after the other, each with what the ones before it answered.
void run_afd_pipe(command_run_ptr run) {
  if (const auto problems = problems_of(*run); !problems.empty())
    return run->finish(refused_pipe(invalid_input(run->in().fields(), problems)));
  if (auto why = too_deep(run->in())) return run->finish(failed_pipe(std::move(*why)));
  run->allow(limits::composite_timeout);
  std::make_shared<pipe>(run)->start();
}

constexpr std::array step_fields{
    field{.name = "command",
          .required = true,
          .description = "Name of the command",
          .min = 1,
          .max = limits::command_name_units_max},
    field{.name = "input",
          .type = json_object,
          .description =
              "What it takes. A text that is wholly $prev, $first, $input, $steps[n] or "
              "$steps.alias, or one of them and a path such as $prev.messages[0].id, stands for "
              "that data; if there is none it is left out, and a warning says so. $$ begins a text "
              "with a plain $"},
    field{.name = "as",
          .description = "Name of this step, for $steps.name; of several with one name the first "
                         "that succeeded is meant",
          .max = limits::part_id_units_max},
    field{.name = "stream", .type = boolean, .description = "Only false: steps answer as a whole"},
    part_key,
    part_dry_run,
    field{
        .name = "when",
        .type = json_object,
        .description =
            "Run the step only if this holds: {\"$exists\":\"$prev.id\"}, "
            "{\"$eq\":[\"$prev.n\",5]}, "
            "as well $ne, $gt, $gte, $lt, $lte; and {\"$and\":[…]}, {\"$or\":[…]}, {\"$not\":…}"}};
constexpr std::array pipe_option_fields{
    field{.name = "continueOnFailure",
          .type = boolean,
          .description = "Run the rest after a step failed; by default it is skipped"},
    field{.name = "parallel",
          .type = boolean,
          .description = "Only false: steps run one after the other"},
    field{.name = "timeoutMs",
          .type = number,
          .description = "Milliseconds for the whole pipe, 30000 by default; more counts as 30000",
          .max = limits::timeout_given_ms_max}};
constexpr std::array pipe_fields{
    field{
        .name = "id", .description = "Your own ID of this pipe", .max = limits::part_id_units_max},
    field{.name = "steps",
          .type = objects,
          .required = true,
          .description = "What to run, in this order; 50 steps at most",
          .max = limits::pipe_steps_max,
          .members = step_fields},
    field{.name = "input", .type = json, .description = "Any JSON, for $input in the steps"},
    field{.name = "options",
          .type = object,
          .description = "How to run them",
          .members = pipe_option_fields},
    [] {
      auto f = all_dry_run;
      f.description =
          "No step writes anything: each says what it would do, so that what refers to its data "
          "finds nothing. Those that only read are run";
      return f;
    }()};

constexpr std::string_view pipe_output =
    R"({"description":"The data of the last step that succeeded; absent without one"})";
constexpr std::string_view pipe_tags[] = {"bootstrap", "composite"};
constexpr errc pipe_errors[] = {errc::validation_error,   errc::invalid_pipeline_request,
                                errc::unsupported_option, errc::command_not_found,
                                errc::pipeline_timeout,   errc::command_skipped,
                                errc::nesting_refused,    errc::overloaded};
constexpr command_example pipe_examples[] = {
    {"Greet a room, then read what follows the greeting",
     R"({"steps":[{"command":"chat-send","as":"hello",)"
     R"("input":{"roomId":"general","text":"Hello"}},{"command":"chat-poll",)"
     R"("input":{"roomId":"general","since":"$steps.hello.messageId"}}]})"}};

}  // namespace

constinit const command_row afd_pipe_row{
    .name = "afd-pipe",
    .category = "bootstrap",
    .description =
        "Run up to 50 commands one after the other, each with what the ones before it "
        "answered. A failed step skips the rest. An idempotencyKey goes beside each step's command",
    .tags = pipe_tags,
    .fields = pipe_fields,
    .output = pipe_output,
    .answer = pipe_answer_schema,
    .errors = pipe_errors,
    .examples = pipe_examples,
    .mutation = true,
    .destructive = true,
    .runs = parts::many,
    .needs = scope::read,
    .refused = refused_pipe,
    .run = run_afd_pipe};

}  // namespace chat
