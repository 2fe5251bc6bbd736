#include <unistd.h>

#include <algorithm>
#include <deque>
#include <iostream>
#include <optional>

#include "cli/commands.hpp"
#include "cli/connection_file.hpp"
#include "cli/input.hpp"
#include "cli/line_editor.hpp"
#include "cli/print.hpp"
#include "cli/remote.hpp"
#include "cli/terminal.hpp"

namespace chat::cli {

namespace {

constexpr const char* shell_help =
    "  connect URL · disconnect · status     the node\n"
    "  tools [CATEGORY]                      what it offers\n"
    "  NAME [key=value … or {JSON}]          calls a command; so does call NAME …\n"
    "  stream NAME [input]                   calls it, and shows the answer as it comes\n"
    "  json on|off · clear · help · exit\n";

const std::vector<std::string> shell_words{"call", "clear", "connect", "disconnect", "exit", "help",
                                           "json", "quit",  "status",  "stream",     "tools"};

class shell {
 public:
  explicit shell(const settings& s) : settings_(s) {}

  int run() {
    if (!is_terminal()) return run_lines();
    print("AFD shell. help says what there is, Ctrl-D ends it.\n");
    run_status(settings_);
    learn_names();
    while (!is_over_)
      if (const auto line = type_line()) run_line(*line);
    return exit_done;
  }

 private:
  // Without a terminal: one failed line makes the whole fail.
  int run_lines() {
    std::string line;
    while (!is_over_ && std::getline(std::cin, line)) run_line(line);
    return has_failed_ ? exit_failed : exit_done;
  }

  // The next line that is typed; nothing at the end.
  std::optional<std::string> type_line() {
    const std::string prompt = settings_.url.empty() && connected_url().empty()
                                   ? "afd> "
                                   : out_colours().good("afd") + "> ";
    const typing_mode mode;
    while (lines_.empty() && !is_over_) {
      print(editor_.shown(prompt, terminal_columns()));
      char keys[1024];
      const auto bytes = ::read(STDIN_FILENO, keys, sizeof keys);
      if (bytes <= 0)
        is_over_ = true;
      else
        editor_.take({keys, static_cast<std::size_t>(bytes)});
    }
    if (lines_.empty()) {
      print("\n");
      return std::nullopt;
    }
    auto line = std::move(lines_.front());
    lines_.pop_front();
    print("\r\x1b[K" + prompt + line + '\n');
    return line;
  }

  void run_line(const std::string& line) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') return;
    const auto end = std::min(line.find_first_of(" \t\r", begin), line.size());
    const auto code = obey(line.substr(begin, end - begin), line.substr(end));
    has_failed_ = has_failed_ || code != exit_done;
  }

  int obey(const std::string& word, const std::string& rest) {
    if (word == "exit" || word == "quit") return is_over_ = true, exit_done;
    if (word == "help") return print(shell_help), exit_done;
    if (word == "clear") return print("\x1b[H\x1b[2J"), exit_done;
    const auto words = split_words(rest);
    const auto first = words && !words->empty() ? words->front() : std::string();
    if (word == "json") return settings_.json = first != "off", exit_done;
    if (word == "status") return run_status(settings_);
    if (word == "connect") return connect(first);
    if (word == "disconnect") return settings_.url.clear(), run_disconnect(settings_);
    if (word == "tools") return run_tools(settings_, {.filter = {}, .category = first});
    const bool names_one = word == "call" || word == "stream";
    if (names_one && first.empty()) return note("Which command? tools lists them"), exit_failed;
    const auto& name = names_one ? first : word;
    const auto input = parse_input_line(
        names_one ? rest.substr(rest.find(first) + first.size()) : rest, types_of(settings_, name));
    if (!input) return refuse(settings_, input.error());
    return word == "stream" ? stream_command(settings_, name, *input, true)
                            : call_command(settings_, name, *input);
  }

  int connect(const std::string& url) {
    const auto code = run_connect(settings_, {.url = url});
    if (code != exit_done) return code;
    settings_.url.clear();  // it is remembered
    learn_names();
    return code;
  }

  void learn_names() {
    names_ = shell_words;
    const auto node = remote::find(settings_);
    const auto tools = node ? node->tools() : outcome<std::vector<json>>();
    if (tools)
      for (const auto& tool : *tools) names_.push_back(text_at(tool, "name"));
  }

  std::vector<std::string> complete(std::string_view typed) const {
    const auto word = typed.substr(typed.rfind(' ') + 1);
    std::vector<std::string> found;
    for (const auto& name : names_)
      if (name.starts_with(word)) found.push_back(name);
    return found;
  }

  settings settings_;
  bool is_over_ = false;
  bool has_failed_ = false;
  std::vector<std::string> names_;  // that the tab key knows
  std::deque<std::string> lines_;   // typed, and not yet run
  line_editor editor_{{.on_line = [this](std::string line) { lines_.push_back(std::move(line)); },
                       .on_end = [this] { is_over_ = true; },
                       .complete = [this](std::string_view typed) { return complete(typed); }}};
};

}  // namespace

int run_shell(const settings& s) { return shell(s).run(); }

}  // namespace chat::cli
