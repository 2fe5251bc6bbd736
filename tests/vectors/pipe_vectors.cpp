// References and conditions of pipes.

#include "model/pipe_condition.hpp"
#include "model/pipe_values.hpp"
#include "tests/vectors/vectors.hpp"

namespace chat::vectors {

namespace {

pipe_values values_of(const json& context) {
  pipe_values values(context.contains("input") ? context["input"].dump() : "");
  for (const auto& step : context.at("steps"))
    values.add_step(step.value("alias", ""),
                    step.contains("data") ? std::optional(step["data"].dump()) : std::nullopt);
  return values;
}

}  // namespace

void run_pipe_values(const json& file, tally& t) {
  auto values = values_of(file.at("context"));
  for (const auto& one : file.at("references")) {
    const auto reference = one.at("reference").get<std::string>();
    const auto input = values.resolve(pipe_value{{"at", reference}}, 1 << 20);
    auto expected = json::object();
    if (one.at("resolved").get<bool>()) expected["at"] = one.at("value");
    t.check("reference \"" + reference.substr(0, 64) + '"', json::parse(input.value()), expected);
  }
  for (const auto& one : file.at("conditions")) {
    const auto condition = pipe_value::parse(one.at("condition").dump());
    const auto name = "condition " + condition.dump();
    if (const auto wrong = check_condition(condition, "when"))
      t.fail(name, wrong->message);
    else
      t.check(name, holds(condition, values), one.at("expected"));
  }
}

}  // namespace chat::vectors
