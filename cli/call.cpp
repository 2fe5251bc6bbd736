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

outcome<json> input_of(const call_request& r) {
  if (r.arguments != std::vector<std::string>{"-"}) return parse_arguments(r.arguments);
  const auto text = read_all("-");
  return text ? parse_input_line(*text) : tl::make_unexpected(text.error());
}

int show_result(const settings& s, const json& result) {
  if (s.json)
    print_json(result);
  else
    print(render_result(result, out_colours(), s.verbose));
  return is_true(at(result, "success")) ? exit_done : exit_failed;
}

int run_call(const settings& s, const call_request& r) {
  const auto input = input_of(r);
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
