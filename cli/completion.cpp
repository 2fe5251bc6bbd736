#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <vector>

namespace chat::cli {

namespace {

// Subcommands whose first argument is a command of the node: `afd tools` knows those.
constexpr const char* takes_tool = "call|stream";

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string flags_of(const CLI::App& app) {
  std::string flags;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) flags += " --" + name;
    for (const auto& name : option->get_snames()) flags += " -" + name;
  }
  return flags;
}

std::string names_of(const CLI::App& app) {
  std::string names;
  for (const auto* sub : subcommands_of(app)) names += (names.empty() ? "" : " ") + sub->get_name();
  return names;
}

// bash, and zsh through its bashcompinit.
std::string bash_script(const CLI::App& app) {
  std::string out =
      "_afd() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} sub= w\n"
      "  COMPREPLY=()\n"
      "  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $w in\n";
  for (const auto* sub : subcommands_of(app))
    out += "      " + sub->get_name() + ") sub=$w; break ;;\n";
  out += "    esac\n  done\n  local words='" + flags_of(app).substr(1) + "'\n";
  out += "  case $sub in\n    '') [[ $cur == -* ]] || words='" + names_of(app) + "' ;;\n";
  for (const auto* sub : subcommands_of(app))
    out += "    " + sub->get_name() + ") words+='" + flags_of(*sub) + "' ;;\n";
  out += "  esac\n  case $prev in " + std::string(takes_tool) +
         ") [[ $cur == -* ]] || words=$(afd tools --names 2>/dev/null) ;; "
         "completion) words='bash zsh fish' ;; esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _afd afd\n";
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + '\'';
}

void add_fish_flags(std::string& out, const CLI::App& app, const std::string& condition) {
  for (const auto* option : app.get_options()) {
    if (option->get_lnames().empty() && option->get_snames().empty()) continue;
    out += "complete -c afd" + condition;
    for (const auto& name : option->get_lnames()) out += " -l " + name;
    for (const auto& name : option->get_snames()) out += " -s " + name;
    if (option->get_items_expected() > 0) out += " -r";
    out += " -d " + quoted(option->get_description()) + '\n';
  }
}

std::string fish_script(const CLI::App& app) {
  std::string out = "complete -c afd -f\n";
  for (const auto* sub : subcommands_of(app))
    out += "complete -c afd -n __fish_use_subcommand -a " + sub->get_name() + " -d " +
           quoted(sub->get_description()) + '\n';
  add_fish_flags(out, app, "");
  for (const auto* sub : subcommands_of(app))
    add_fish_flags(out, *sub, " -n '__fish_seen_subcommand_from " + sub->get_name() + '\'');
  out +=
      "complete -c afd -n '__fish_seen_subcommand_from call stream' "
      "-a '(afd tools --names 2>/dev/null)'\n"
      "complete -c afd -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
  return out;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") return fish_script(app);
  if (shell == "bash") return bash_script(app);
  return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(app);
}

}  // namespace chat::cli
