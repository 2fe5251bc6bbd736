#include <algorithm>
#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/input.hpp"
#include "cli/print.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace chat::cli {

namespace {

bool contains(std::string text, std::string part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::ranges::transform(text, text.begin(), lower);
  std::ranges::transform(part, part.begin(), lower);
  return text.find(part) != std::string::npos;
}

}  // namespace

type_lookup types_of(const settings& s, const std::string& command) {
  return [&s, command](const std::string& key) -> outcome<json> {
    const auto node = remote::find(s);
    if (!node) return tl::make_unexpected(node.error());
    const auto tools = node->tools();
    if (!tools) return tl::make_unexpected(tools.error());
    for (const auto& tool : *tools)
      if (text_at(tool, "name") == command)
        return at(at(at(tool, "inputSchema"), "properties"), key.c_str());
    return json();
  };
}

outcome<json> input_of(const settings& s, const call_request& r) {
  const auto types = types_of(s, r.name);
  if (r.arguments != std::vector<std::string>{"-"}) return parse_arguments(r.arguments, types);
  const auto text = read_all("-");
  return text ? parse_input_line(*text, types) : tl::make_unexpected(text.error());
}

int show_result(const settings& s, const json& result) {
  if (s.json)
    print_json(result);
  else
    print(render_result(result, out_colours(), s.verbose));
  return is_true(at(result, "success")) ? exit_done : exit_failed;
}

int run_call(const settings& s, const call_request& r) {
  const auto input = input_of(s, r);
  return input ? call_command(s, r.name, *input) : refuse(s, input.error());
}

int call_command(const settings& s, const std::string& name, const json& input) {
  const auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  const auto result = node->call(name, input);
  return result ? show_result(s, *result) : refuse(s, result.error());
}

int run_tools(const settings& s, const tools_request& r) {
  const auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  auto tools = node->tools();
  if (!tools) return refuse(s, tools.error());
  std::erase_if(*tools, [&](const json& tool) {
    const bool is_other = !r.category.empty() && category_of(tool) != r.category;
    return is_other ||
           !contains(text_at(tool, "name") + ' ' + text_at(tool, "description"), r.filter);
  });
  if (r.names_only)
    for (const auto& tool : *tools) print(terminal_text(text_at(tool, "name")) + '\n');
  else if (s.json)
    print_json(json(*tools));
  else
    print(render_tools(*tools, out_colours()));
  return exit_done;
}

}  // namespace chat::cli
