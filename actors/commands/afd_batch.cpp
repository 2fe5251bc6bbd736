#include <chrono>
#include <cmath>
#include <vector>

#include "actors/command_inputs.hpp"
#include "actors/command_part.hpp"
#include "actors/commands/commands.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

using namespace inputs;

std::string no_members() {
  const auto now = format_time(wall_clock_ms());
  std::string out;
  json_writer json(out);
  json.key("results").begin_array().end_array();
  json.key("summary").begin_object().field("total", 0).field("successCount", 0);
  json.field("failureCount", 0).field("skippedCount", 0).end_object();
  json.key("timing").begin_object().field("totalMs", 0).field("averageMs", 0);
  json.field("startedAt", now).field("completedAt", now).end_object();
  return out;
}

// The answer to what is no batch: nothing was run.
command_result refused_batch(failure why) {
  auto invalid = make_failure(
      errc::invalid_batch_request, "Invalid batch request envelope",
      why.suggestion + ". " + std::string(default_suggestion(errc::invalid_batch_request)));
  invalid.details = std::move(why.details);
  auto r = command_result::failed(std::move(invalid));
  r.reasoning = "Nothing was run: this is no batch";
  r.members = no_members();
  return r;
}

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return std::round(took.count() * 100) / 100;
}

// A batch under way (contract, section 7). Its commands' handlers hold it, and its timer does not.
class batch : public std::enable_shared_from_this<batch> {
 public:
  explicit batch(command_run_ptr run) : run_(std::move(run)) {
    const auto options = run_->in().objects("options");
    timeout_ms_ = limits::composite_timeout_ms;
    if (!options.empty()) {
      const auto& given = options[0];
      if (given.has("timeout")) set_timeout(given.number("timeout"));
      stop_on_error_ = given.boolean("stopOnError");
      if (given.has("parallelism"))
        parallelism_ = static_cast<std::size_t>(given.integer("parallelism"));
    }
    for (const auto& command : run_->in().objects("commands")) {
      const auto index = std::to_string(entries_.size());
      entries_.push_back(
          {.id = command.has("id") ? std::string(command.text("id")) : "cmd-" + index,
           .asked = &command});
    }
  }

  void start() {
    run_->after(std::chrono::milliseconds(timeout_ms_), weak_from_this(),
                [this] { stop_because(errc::batch_timeout); });
    if (!run_->is_finished()) go_on();
  }

 private:
  struct entry {
    std::string id;
    const command_input* asked = nullptr;  // the run keeps it
    std::string result = {};               // JSON; empty until it is there
    std::chrono::steady_clock::time_point began = {};
    double took_ms = 0;
    enum class outcome { open, success, failure, skipped } is = outcome::open;
  };
  using outcome = entry::outcome;

  void set_timeout(double ms) {
    timeout_ms_ = std::min(timeout_ms_, static_cast<std::int64_t>(std::ceil(ms)));
  }

  std::string command_of(const entry& e) const { return shown_command(e.asked->text("command")); }

  void go_on() {
    while (!stopped_ && running_ < parallelism_ && next_ < entries_.size()) run_next();
    if (running_ == 0) finish();
  }

  void run_next() {
    const auto index = next_++;
    auto& e = entries_[index];
    e.began = std::chrono::steady_clock::now();
    ++running_;
    auto what = part_of(*e.asked);
    what.is_first = index == 0;
    run_part(run_, what, [self = shared_from_this(), index](command_answer answer) {
      self->on_answer(self->entries_[index], std::move(answer));
    });
  }

  void on_answer(entry& e, command_answer answer) {
    --running_;
    e.took_ms = milliseconds_since(e.began);
    e.is = answer.success ? outcome::success : outcome::failure;
    e.result = std::move(answer.json);
    bytes_ += e.result.size();
    take_note(e);
    if (!answer.success && stop_on_error_) stopped_ = errc::command_skipped;
    if (bytes_ > limits::composite_bytes_max) stopped_ = errc::payload_too_large;
    go_on();
  }

  // What of the answer is told of the whole batch as well.
  void take_note(const entry& e) {
    const auto result = parse_json(e.result);
    if (!result) return;
    if (e.is == outcome::success) confidence_ += number_member(*result, "confidence").value_or(1);
    simdjson::dom::array warnings;
    if (result->at_key("warnings").get(warnings)) return;
    std::string origin = R"("commandId":)";
    append_json_string(origin, e.id);
    for (const auto warning : warnings) {
      const auto details = member(warning, "details");
      warnings_.push_back({std::string(text_member(warning, "code").value_or("")),
                           std::string(text_member(warning, "message").value_or("")), origin,
                           details ? std::string(simdjson::minify(*details)) : std::string()});
    }
  }

  void stop_because(errc why) {
    if (run_->is_finished()) return;
    stopped_ = why;
    finish();
  }

  // Why a command was not run, or not to its end.
  failure why_not() const {
    switch (stopped_.value_or(errc::internal_error)) {
      case errc::batch_timeout:
        return make_failure(errc::batch_timeout,
                            "Batch timeout exceeded (" + std::to_string(timeout_ms_) + "ms)");
      case errc::payload_too_large:
        return make_failure(errc::command_skipped,
                            "Skipped: the answers of this batch are over " +
                                std::to_string(limits::composite_bytes_max / 1024) + " KiB",
                            "Send the commands that were skipped in a batch of their own");
      default:
        return make_failure(errc::command_skipped,
                            "Command skipped because batch execution stopped after a failure");
    }
  }

  void finish() {
    for (auto& e : entries_) {
      if (e.is != outcome::open) continue;
      const auto why = why_not();
      e.is = why.code == errc::command_skipped ? outcome::skipped : outcome::failure;
      if (e.began.time_since_epoch().count() != 0) e.took_ms = milliseconds_since(e.began);
      e.result = encode(command_result::failed(why), {.execution_ms = e.took_ms,
                                                      .command_version = "1.0.0",
                                                      .trace_id = new_trace_id(),
                                                      .timestamp_ms = wall_clock_ms()});
    }
    run_->finish(result());
  }

  std::size_t count(outcome what) const {
    return static_cast<std::size_t>(std::ranges::count(entries_, what, &entry::is));
  }

  command_result result() {
    const auto total = entries_.size();
    const auto successes = count(outcome::success);
    command_result r;
    r.data.clear();
    r.confidence = static_cast<double>(successes) / static_cast<double>(total) * 0.5;
    if (successes > 0) r.confidence += confidence_ / static_cast<double>(successes) * 0.5;
    r.reasoning = reasoning();
    r.warnings = std::move(warnings_);
    r.members = members();
    return r;
  }

  std::string reasoning() const {
    const auto total = entries_.size();
    std::string text = "Executed " + std::to_string(total) + " command" + (total == 1 ? "" : "s");
    if (count(outcome::success) == total) return text + ": all succeeded";
    std::string sign = ": ";
    const auto say = [&](outcome what, const char* word) {
      if (count(what) == 0) return;
      text += std::exchange(sign, ", ") + std::to_string(count(what)) + word;
    };
    say(outcome::success, " succeeded");
    say(outcome::failure, " failed");
    say(outcome::skipped, " skipped");
    return text;
  }

  // results, summary and timing.
  std::string members() const {
    std::string out;
    out.reserve(bytes_ + 128 * entries_.size() + 512);
    json_writer json(out);
    json.key("results").begin_array();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const auto& e = entries_[i];
      json.begin_object().field("id", e.id).field("index", i).field("command", command_of(e));
      json.key("result").raw(e.result).field("durationMs", e.took_ms).end_object();
    }
    json.end_array().key("summary").begin_object().field("total", entries_.size());
    json.field("successCount", count(outcome::success));
    json.field("failureCount", count(outcome::failure));
    json.field("skippedCount", count(outcome::skipped)).end_object();
    const auto total_ms = milliseconds_since(began_);
    const auto each = total_ms / static_cast<double>(entries_.size());
    json.key("timing").begin_object().field("totalMs", total_ms);
    json.field("averageMs", std::round(each * 100) / 100);
    json.field("startedAt", format_time(started_ms_));
    json.field("completedAt", format_time(wall_clock_ms())).end_object();
    return out;
  }

  command_run_ptr run_;
  std::vector<entry> entries_;
  std::vector<warning> warnings_;
  std::int64_t timeout_ms_ = 0;
  bool stop_on_error_ = false;
  std::size_t parallelism_ = 1;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::size_t bytes_ = 0;
  std::optional<errc> stopped_;  // why no more are started
  double confidence_ = 0;        // of those that succeeded, added up
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::int64_t started_ms_ = wall_clock_ms();
};

// Several commands at once, or one after the other.
void run_afd_batch(command_run_ptr run) {
  auto problems = blank_names(run->in().objects("commands"), "commands");
  if (run->in().objects("commands").empty())
    problems.push_back({"commands", "The batch has no commands", "too_small"});
  if (!problems.empty())
    return run->finish(refused_batch(invalid_input(run->in().fields(), problems)));
  run->allow(limits::composite_timeout);
  std::make_shared<batch>(run)->start();
}

constexpr std::array batch_command_fields{
    field{.name = "id",
          .description = "Your own ID of this command, to find its result; else cmd-0, cmd-1, …",
          .max = limits::part_id_units_max},
    field{.name = "command",
          .required = true,
          .description = "Name of the command",
          .min = 1,
          .max = limits::command_name_units_max},
    field{
        .name = "input", .type = json, .description = "What that command takes; left out it is {}"},
    part_key, part_dry_run};
constexpr std::array batch_option_fields{
    field{.name = "stopOnError",
          .type = boolean,
          .description = "After a failure start no more; those left out fail as COMMAND_SKIPPED"},
    field{.name = "timeout",
          .type = number,
          .description =
              "Milliseconds for the whole batch, 30000 by default; more counts as 30000; what is "
              "not done then fails as BATCH_TIMEOUT",
          .max = limits::timeout_given_ms_max},
    field{.name = "parallelism",
          .type = integer,
          .description = "How many may run at a time; 1, the default, runs them in their order",
          .min = 1,
          .max = limits::parallelism_given_max}};
constexpr std::array batch_fields{field{.name = "commands",
                                        .type = objects,
                                        .required = true,
                                        .description = "The commands, 100 at most",
                                        .max = limits::batch_commands_max,
                                        .members = batch_command_fields},
                                  field{.name = "options",
                                        .type = object,
                                        .description = "How to run them",
                                        .members = batch_option_fields},
                                  all_dry_run};

constexpr std::string_view batch_answer =
    R"({"type":"object","properties":{"success":{"type":"boolean",)"
    R"("description":"The batch ran, whatever its commands did"},)"
    R"("error":{"type":"object","additionalProperties":{},)"
    R"("description":"Why it did not run, when success is false"},)"
    R"("results":{"type":"array","description":"One for each command, in the order given",)"
    R"("items":{"type":"object","properties":{"id":{"type":"string"},)"
    R"("index":{"type":"integer"},"command":{"type":"string"},)"
    R"("result":{"type":"object","additionalProperties":{},)"
    R"("description":"What the command answered, as if called alone"},)"
    R"("durationMs":{"type":"number"}},)"
    R"("required":["id","index","command","result","durationMs"]}},)"
    R"("summary":{"type":"object","properties":{"total":{"type":"integer"},)"
    R"("successCount":{"type":"integer"},"failureCount":{"type":"integer"},)"
    R"("skippedCount":{"type":"integer"}},)"
    R"("required":["total","successCount","failureCount","skippedCount"]},)"
    R"("timing":{"type":"object","properties":{"totalMs":{"type":"number"},)"
    R"("averageMs":{"type":"number"},"startedAt":{"type":"string","format":"date-time"},)"
    R"("completedAt":{"type":"string","format":"date-time"}},)"
    R"("required":["totalMs","averageMs","startedAt","completedAt"]},)"
    R"("reasoning":{"type":"string"},"confidence":{"type":"number"},)"
    R"("warnings":{"type":"array","items":{"type":"object","properties":{)"
    R"("commandId":{"type":"string"},"code":{"type":"string"},"message":{"type":"string"},)"
    R"("severity":{"type":"string"},"details":{"type":"object","additionalProperties":{}}},)"
    R"("required":["code","message"]}},)"
    R"("metadata":{"type":"object","additionalProperties":{}}},)"
    R"("required":["success"]})";

constexpr std::string_view batch_tags[] = {"bootstrap", "composite"};
constexpr errc batch_errors[] = {errc::validation_error, errc::invalid_batch_request,
                                 errc::batch_timeout,    errc::command_skipped,
                                 errc::nesting_refused,  errc::overloaded};
constexpr command_example batch_examples[] = {
    {"Read two rooms in one call",
     R"({"commands":[{"id":"g","command":"chat-poll","input":{"roomId":"general"}},)"
     R"({"command":"chat-rooms"}]})"},
    {"Say something once, however often this is sent",
     R"({"commands":[{"command":"chat-send","idempotencyKey":"hello-1",)"
     R"("input":{"roomId":"general","text":"Hello"}}]})"}};

}  // namespace

constinit const command_row afd_batch_row{
    .name = "afd-batch",
    .category = "bootstrap",
    .description =
        "Run up to 100 commands in one call. Each counts and is checked as if called "
        "alone; one that fails does not hinder the others. An idempotencyKey goes beside each "
        "command",
    .tags = batch_tags,
    .fields = batch_fields,
    .answer = batch_answer,
    .errors = batch_errors,
    .examples = batch_examples,
    .mutation = true,
    .destructive = true,
    .runs = parts::many,
    .needs = scope::read,
    .refused = refused_batch,
    .run = run_afd_batch};

}  // namespace chat
