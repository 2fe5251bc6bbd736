// Batches and pipes, through a node whose clock is turned by hand. Its commands are afd-batch,
// afd-pipe and those that the file names.

#include <deque>
#include <set>

#include "actors/commands/commands.hpp"
#include "tests/actors/test_node.hpp"
#include "tests/vectors/vectors.hpp"

namespace chat {

namespace vectors {

namespace {

using std::chrono::milliseconds;

// The case under way.
struct stage {
  const json& handlers;
  json calls = json::array();
  int running = 0;
  int peak = 0;
  std::vector<command_run_ptr> held = {};  // those that go on until somebody ends them
};
stage* current = nullptr;

std::deque<std::vector<field>> fields_of_rows;
std::deque<std::string> names;  // of commands and fields
std::vector<command_row> rows;

json input_of(const command_run& run) {
  auto in = json::object();
  for (const auto& f : run.in().fields())
    if (run.in().has(f.name)) in[std::string(f.name)] = json::parse(run.in().text(f.name));
  return in;
}

void end(const command_run_ptr& run, const json& handler) {
  if (current) --current->running;
  if (handler.contains("fail"))
    return run->pass_on({json{{"success", false}, {"error", handler["fail"]}}.dump(), false});
  command_result r;
  r.data = input_of(*run).dump();
  run->finish(std::move(r));
}

void run_handler(command_run_ptr run) {
  const auto handler = current->handlers.at(std::string(run->row().name));
  current->calls.push_back({{"command", run->row().name}, {"input", input_of(*run)}});
  current->peak = std::max(current->peak, ++current->running);
  if (handler.contains("untilCancelled")) return current->held.push_back(run);
  if (!handler.contains("delayMs")) return end(run, handler);
  run->allow(std::chrono::seconds(60));
  run->after(milliseconds(handler["delayMs"].get<int>()), run,
             [run, handler] { end(run, handler); });
}

// Commands of the cases, and all names in their inputs.
void make_rows(const json& file) {
  std::map<std::string, std::set<std::string>> found;
  const auto look_at = [&](const json& cases, const char* list) {
    for (const auto& one : cases) {
      for (const auto& [name, handler] : one.at("handlers").items()) found[name];
      const auto& request = one.at("request");
      if (!request.is_object() || !request.contains(list) || !request[list].is_array()) continue;
      for (const auto& part : request[list]) {
        if (!part.is_object() || !part.contains("input") || !part["input"].is_object()) continue;
        for (const auto& [key, value] : part["input"].items())
          found[part["command"].get<std::string>()].insert(key);
      }
    }
  };
  look_at(file.value("batch", json::array()), "commands");
  look_at(file.value("pipeline", json::array()), "steps");
  rows = {afd_batch_row, afd_pipe_row};
  for (const auto& [name, keys] : found) {
    auto& fields = fields_of_rows.emplace_back();
    for (const auto& key : keys)
      fields.push_back(
          {.name = names.emplace_back(key), .type = field_type::json, .description = {}});
    rows.push_back({.name = names.emplace_back(name),
                    .category = "vectors",
                    .description = "Of a vector file",
                    .tags = {},
                    .fields = fields,
                    .errors = {},
                    .needs = scope::read,
                    .run = run_handler});
  }
}

// What of an error the contract compares.
json shown_error(const json& error, const json& expected) {
  json out{{"code", error.at("code")}, {"message", error.at("message")}};
  if (expected.contains("retryable")) out["retryable"] = error.value("retryable", false);
  return out;
}

void copy(json& to, const json& from, std::initializer_list<const char*> keys) {
  for (const auto* key : keys)
    if (from.contains(key)) to[key] = from[key];
}

const json& at_or_empty(const json& list, std::size_t index) {
  static const json empty = json::object();
  return list.is_array() && index < list.size() ? list[index] : empty;
}

json shown_batch(const json& answer, const json& expected) {
  json out{{"success", answer.at("success")}};
  if (answer.contains("error"))
    out["error"] = shown_error(answer["error"], expected.value("error", json::object()));
  else
    out["summary"] = answer.at("summary");
  out["results"] = json::array();
  const auto wanted = expected.value("results", json::array());
  for (const auto& entry : answer.at("results")) {
    const auto& like = at_or_empty(wanted, out["results"].size());
    json one;
    copy(one, entry, {"id", "index", "command"});
    const auto& result = entry.at("result");
    copy(one, result, {"success", "data"});
    if (result.contains("error"))
      one["error"] = shown_error(result["error"], like.value("error", json::object()));
    if (like.contains("durationMs")) copy(one, entry, {"durationMs"});
    out["results"].push_back(one);
  }
  return out;
}

json shown_pipe(const json& answer, const json& expected) {
  json out;
  copy(out, answer, {"data"});
  copy(out, answer.at("metadata"), {"completedSteps", "totalSteps"});
  out["steps"] = json::array();
  const auto wanted = expected.value("steps", json::array());
  for (const auto& step : answer.at("steps")) {
    const auto& like = at_or_empty(wanted, out["steps"].size());
    json one;
    copy(one, step, {"index", "command", "alias", "status", "data"});
    if (step.contains("error"))
      one["error"] = shown_error(step["error"], like.value("error", json::object()));
    out["steps"].push_back(one);
  }
  return out;
}

void run_case(test::test_node& node, const json& one, const char* command, tally& t) {
  const auto& expected = one.at("expected");
  stage here{one.at("handlers")};
  current = &here;
  const auto call = node.start(command, one.at("request").dump());
  node.run();
  for (int ms = 0; call->answers == 0 && ms < 60'000; ++ms) node.advance(milliseconds(1));
  const bool is_batch = std::string_view(command) == "afd-batch";
  const auto answer = json::parse(call->json);
  auto got = is_batch ? shown_batch(answer, expected) : shown_pipe(answer, expected);
  got["calls"] = here.calls;
  if (expected.contains("peakConcurrency")) got["peakConcurrency"] = here.peak;
  current = nullptr;
  here.held.clear();
  node.advance(std::chrono::seconds(60));
  t.check(std::string(command) + ": " + one.at("name").get<std::string>(), got, expected);
}

}  // namespace

void run_composites(const json& file, tally& t) {
  make_rows(file);
  test::test_node node;
  for (const auto& one : file.value("batch", json::array())) run_case(node, one, "afd-batch", t);
  for (const auto& one : file.value("pipeline", json::array())) run_case(node, one, "afd-pipe", t);
}

}  // namespace vectors

// In place of the node's own list: this one is linked first.
std::span<const command_row> command_table() { return vectors::rows; }

}  // namespace chat
