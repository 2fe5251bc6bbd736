#include <chrono>
#include <cmath>
#include <vector>

#include "actors/command_inputs.hpp"
#include "actors/command_part.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/pipe_report.hpp"
#include "model/pipe_condition.hpp"
#include "model/pipe_values.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using namespace inputs;

// A pipe under way (contract, section 7). Its steps' handlers hold it, and its timer does not.
class pipe : public std::enable_shared_from_this<pipe> {
 public:
  pipe(command_run_ptr run, std::vector<pipe_value> conditions)
      : run_(std::move(run)),
        steps_(run_->in().objects("steps")),
        conditions_(std::move(conditions)),
        values_(std::string(run_->in().text("input"))) {
    const auto options = run_->in().objects("options");
    if (options.empty()) return;
    if (options[0].has("timeoutMs"))
      timeout_ms_ = std::min(timeout_ms_, options[0].integer("timeoutMs"));
    goes_on_ = options[0].boolean("continueOnFailure");
  }

  void start() {
    run_->after(std::chrono::milliseconds(timeout_ms_), weak_from_this(), [this] { time_is_up(); });
    if (!run_->is_finished()) go_on();
  }

 private:
  const command_input& asked() const { return steps_[report_.steps.size()]; }

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
    const auto& condition = conditions_[report_.steps.size()];
    if (condition.is_null()) return true;
    const bool wanted = holds(condition, values_);
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
  std::vector<pipe_value> conditions_;    // null where a step has none
  pipe_values values_;
  pipe_report report_;
  std::int64_t timeout_ms_ = limits::composite_timeout_ms;
  bool goes_on_ = false;  // after a failure
  bool has_run_ = false;  // some step was begun
  std::size_t bytes_ = 0;
  std::optional<std::string> stopped_;  // nothing more is run; the error of what is left, if any
  std::chrono::steady_clock::time_point began_ = {};  // the step under way
};

// --- What may not be ---------------------------------------------------------------------------

// What is wrong with the steps, before any of them is run.
class pipe_check {
 public:
  explicit pipe_check(std::span<const command_input> steps) : steps_(steps) {
    for (; at_ < steps_.size(); ++at_) {
      const auto& step = steps_[at_];
      check_name(step);
      if (step.has("input"))
        check_references(pipe_value::parse(step.text("input"), nullptr, false), path("input"),
                         false);
      conditions.emplace_back();
      if (step.has("when")) check_condition_of(step);
      aliases_.push_back(step.text("as"));
    }
    if (problems.size() > limits::validation_errors_max)
      problems.resize(limits::validation_errors_max);
  }

  std::vector<pipe_value> conditions;  // null where a step has none
  std::vector<input_problem> problems;

 private:
  std::string path(std::string_view field) const {
    return "steps." + std::to_string(at_) + '.' + std::string(field);
  }

  // Branches may share a name: of two such steps one at least depends on something.
  void check_name(const command_input& step) {
    if (!step.has("as")) return;
    const auto name = step.text("as");
    if (!is_pipe_alias(name))
      problems.push_back({path("as"),
                          "Invalid string: must have no dot, bracket or blank, and not begin "
                          "with __, or nothing could refer to it",
                          "invalid_format"});
    for (std::size_t i = 0; i < at_; ++i)
      if (aliases_[i] == name && !step.has("when") && !steps_[i].has("when"))
        return problems.push_back(
            {path("as"), "Step " + std::to_string(i) + " has that name: give each its own",
             "custom"});
  }

  void check_condition_of(const command_input& step) {
    auto& condition = conditions.back();
    condition = pipe_value::parse(step.text("when"), nullptr, false);
    if (auto wrong = check_condition(condition, path("when")))
      problems.push_back(std::move(*wrong));
    check_references(condition, path("when"), true);
  }

  // A condition may ask whether there is anything before it; a name it uses has to be one.
  void check_references(const pipe_value& in, const std::string& where, bool is_condition) {
    if (in.is_string()) {
      const std::string_view text = in.get_ref<const std::string&>();
      if (!is_pipe_reference(text) || (is_condition && !text.starts_with("$steps"))) return;
      if (const auto why = why_never(text, aliases_)) problems.push_back({where, *why, "custom"});
      return;
    }
    if (!in.is_structured()) return;
    for (const auto& [key, value] : in.items())
      if (problems.size() < limits::validation_errors_max)
        check_references(value,
                         where + '.' + std::string(utf16_prefix(key, limits::echoed_units_max)),
                         is_condition);
  }

  std::span<const command_input> steps_;
  std::vector<std::string_view> aliases_;  // of the steps before the one looked at
  std::size_t at_ = 0;
};

// Steps one after the other, each with what the ones before it answered.
void run_afd_pipe(command_run_ptr run) {
  pipe_check check(run->in().objects("steps"));
  if (!check.problems.empty()) return run->fail(invalid_input(run->in().fields(), check.problems));
  run->allow(limits::composite_timeout);
  std::make_shared<pipe>(run, std::move(check.conditions))->start();
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
          .description = "Name of this step, for $steps.name. Only steps with when may share one",
          .min = 1,
          .max = limits::part_id_units_max},
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
    field{.name = "timeoutMs",
          .type = integer,
          .description = "Milliseconds for the whole pipe, 30000 by default; more counts as 30000",
          .max = limits::timeout_given_ms_max}};
constexpr std::array pipe_fields{
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
    R"({"description":"The data of the last step that succeeded; null without one"})";
constexpr std::string_view pipe_tags[] = {"bootstrap", "composite"};
constexpr errc pipe_errors[] = {errc::validation_error, errc::command_not_found,
                                errc::pipeline_timeout, errc::command_skipped,
                                errc::nesting_refused,  errc::overloaded};
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
    .run = run_afd_pipe};

}  // namespace chat
