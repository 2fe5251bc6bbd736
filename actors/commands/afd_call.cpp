#include "actors/command_inputs.hpp"
#include "actors/command_part.hpp"
#include "actors/commands/commands.hpp"

namespace chat {

namespace {

using namespace inputs;

// Another command by its name. Its answer is the answer.
void run_afd_call(command_run_ptr run) {
  run->allow(limits::composite_timeout);
  auto what = part_of(run->in());
  what.is_first = true;
  run_part(run, what, [run](command_answer answer) {
    for (const auto& w : unknown_field_warnings(run->call()))
      answer.json = with_warning(answer.json, w, "info");
    run->pass_on(std::move(answer));
  });
}

constexpr std::array call_fields{
    field{.name = "command",
          .required = true,
          .description = "Name of the command, as afd-discover lists it",
          .min = 1,
          .max = limits::command_name_units_max},
    field{.name = "input",
          .type = json_object,
          .description = "What that command takes, as afd-detail tells; left out it is {}"},
    part_key, part_dry_run};

constexpr std::string_view call_output = R"({"description":"The data of the command called"})";

constexpr std::string_view call_tags[] = {"bootstrap", "composite"};
constexpr errc call_errors[] = {errc::validation_error, errc::command_not_found,
                                errc::nesting_refused, errc::timeout};
constexpr command_example call_examples[] = {
    {"List the rooms", R"({"command":"chat-rooms","input":{}})"}};

}  // namespace

constinit const command_row afd_call_row{
    .name = "afd-call",
    .category = "bootstrap",
    .description = "Call any command by its name; answers what that command answers",
    .tags = call_tags,
    .fields = call_fields,
    .output = call_output,
    .errors = call_errors,
    .examples = call_examples,
    .mutation = true,
    .destructive = true,
    .runs = parts::one,
    .needs = scope::read,
    .run = run_afd_call};

}  // namespace chat
