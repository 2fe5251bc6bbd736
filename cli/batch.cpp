#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace chat::cli {

namespace {

trouble no_batch(const std::string& why) {
  return {"INVALID_INPUT", why,
          R"(Give a list, a file with one, or - for stdin: '[{"command":"chat-rooms"}]')"};
}

// As a node takes it; `name` and `args` stand for `command` and `input`, as with the public tool.
outcome<json> to_commands(const json& given) {
  const auto& list = given.is_object() ? at(given, "commands") : given;
  if (!list.is_array()) return tl::make_unexpected(no_batch("The commands are not a JSON list"));
  json commands = json::array();
  for (const auto& one : list) {
    json command = json::object();
    const auto index = std::to_string(commands.size());
    command["id"] = at(one, "id").is_null() ? json("cmd-" + index) : one["id"];
    command["command"] = at(one, "command").is_null() ? at(one, "name") : one["command"];
    command["input"] = at(one, "input").is_null() ? at(one, "args") : one["input"];
    if (command["input"].is_null()) command["input"] = json::object();
    if (!command["command"].is_string())
      return tl::make_unexpected(no_batch("Item " + index + " has no `command`"));
    commands.push_back(std::move(command));
  }
  return commands;
}

outcome<json> read_commands(const std::string& given) {
  const bool is_json = given.find_first_not_of(" \t\r\n") != std::string::npos &&
                       std::string_view("[{").find(given[given.find_first_not_of(" \t\r\n")]) !=
                           std::string_view::npos;
  const auto text = is_json ? outcome<std::string>(given) : read_all(given);
  if (!text) return tl::make_unexpected(text.error());
  const auto parsed = json::parse(*text, nullptr, false);
  if (parsed.is_discarded()) return tl::make_unexpected(no_batch("The commands are not JSON"));
  return to_commands(parsed);
}

}  // namespace

int run_batch(const settings& s, const batch_request& r) {
  const auto commands = read_commands(r.commands);
  if (!commands) return refuse(s, commands.error());
  const auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  json input = json::object();
  input["commands"] = *commands;
  input["options"] = json{{"stopOnError", r.stops_on_error},
                          {"timeout", s.timeout_or(limits::cli_call_timeout).count()},
                          {"parallelism", r.parallel}};
  const auto batch = node->call("afd.batch", input);
  if (!batch) return refuse(s, batch.error());
  if (s.json)
    print_json(*batch);
  else
    print(render_batch(*batch, out_colours(), s.verbose));
  if (!is_true(at(*batch, "success"))) return exit_failed;
  const auto& failed = at(at(*batch, "summary"), "failureCount");
  return failed.is_number() && failed > 0 ? exit_partial : exit_done;
}

}  // namespace chat::cli
