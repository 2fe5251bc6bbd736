#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/print.hpp"
#include "model/alike.hpp"

namespace chat::cli {

namespace {

// Everything that can be asked for, and what was.
class arguments {
 public:
  arguments();
  int run(int argc, const char* const* argv);

 private:
  CLI::App* add(const char* name, const char* help, std::function<int()> then);
  std::string say_wrong_subcommand(const std::string& otherwise) const;
  void add_connection();
  void add_calls();
  void add_others();
  static void add_verbose(CLI::App* sub, settings& s) {
    sub->add_flag("-v,--verbose", s.verbose, "show more: data, details, how long it took");
  }
  static void add_format(CLI::App* sub, std::string& format) {
    sub->add_option("-f,--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  }

  CLI::App app_{"Calls commands of an AFD node, such as chatd, and chats in its rooms", "afd"};
  settings settings_;
  std::string format_ = "text";
  std::string shell_;
  connect_request connect_;
  tools_request tools_;
  call_request call_;
  batch_request batch_;
  chat_request chat_;
  validate_request validate_;
  std::string validate_url_;
  bool ignored_ = false;  // flags of the public tool that mean nothing here
  std::function<int()> chosen_;
};

arguments::arguments() {
  app_.set_version_flag("-V,--version", "afd " CHATD_VERSION);
  app_.require_subcommand(1);
  app_.fallthrough();  // flags of all subcommands may stand anywhere
  app_.add_option("-u,--url", settings_.url, "the node; else the one of afd connect")
      ->envname("AFD_URL");
  app_.add_option("--token", settings_.token,
                  "API key or token; better in the environment, where nobody else sees it")
      ->envname("AFD_TOKEN");
  app_.add_option("-H,--header", settings_.headers,
                  "a header 'Name: value' for each request; repeats; more in AFD_HEADERS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app_.add_option("--cacert", settings_.ca_file, "PEM file of whom to trust, for https")
      ->check(CLI::ExistingFile);
  app_.add_option("--timeout", settings_.timeout_ms, "milliseconds to wait for the node")
      ->check(CLI::Range(1, 86'400'000));
  app_.add_flag("--json", settings_.json, "JSON on stdout, and nothing else");
  app_.footer(
      "Input is key=value (of the type that the command's schema says), key:=JSON, or one JSON "
      "object. Exit codes: 0 done, 1 failed or not "
      "reachable, 2 some commands of a batch failed, 130 interrupted.\n"
      "  afd connect http://127.0.0.1:3100\n  afd call chat-send roomId=general text=hello\n"
      "  afd chat general --nick Ada");
  add_connection();
  add_calls();
  add_others();
}

CLI::App* arguments::add(const char* name, const char* help, std::function<int()> then) {
  auto* sub = app_.add_subcommand(name, help);
  sub->callback([this, then = std::move(then)] { chosen_ = then; });
  return sub;
}

void arguments::add_connection() {
  auto* connect = add("connect", "choose a node, and see whether it is there",
                      [this] { return run_connect(settings_, connect_); });
  connect->add_option("url", connect_.url, "such as http://127.0.0.1:3100 or …/sse")->required();
  connect->add_option("-t,--transport", connect_.transport, "sse: check that /sse opens, too")
      ->check(CLI::IsMember({"sse", "http"}));
  connect->add_flag("--no-reconnect", ignored_,
                    "for compatibility: every call is a request of its own");
  add("status", "which node is chosen, and whether it answers",
      [this] { return run_status(settings_); });
  add("disconnect", "forget the node", [this] { return run_disconnect(settings_); });
  auto* tools =
      add("tools", "what the node offers", [this] { return run_tools(settings_, tools_); });
  tools->add_option("filter", tools_.filter, "only those with this in name or description");
  tools->add_option("-c,--category", tools_.category, "only those of this category");
  tools->add_flag("--names", tools_.names_only, "names only, one a line");
  tools->add_flag("--refresh", ignored_, "for compatibility: the list is never kept");
  add_format(tools, format_);
}

void arguments::add_calls() {
  auto* call = add("call", "call one command", [this] { return run_call(settings_, call_); });
  auto* stream = add("stream", "call one command, and show its answer as it comes",
                     [this] { return run_stream(settings_, call_); });
  for (auto* sub : {call, stream}) {
    sub->add_option("name", call_.name, "the command, such as chat-rooms")->required();
    sub->add_option("input", call_.arguments, "key=value …, a JSON object, or - for stdin");
    add_format(sub, format_);
  }
  add_verbose(call, settings_);
  stream->add_option("-t,--timeout", settings_.timeout_ms, "milliseconds the node may be silent");
  stream->add_flag("!--no-progress", call_.shows_progress, "without progress");
  auto* batch = add("batch", "call many commands in one request",
                    [this] { return run_batch(settings_, batch_); });
  batch
      ->add_option("commands", batch_.commands,
                   R"(JSON '[{"command":"chat-rooms","input":{}}, …]', a file with it, or -)")
      ->required();
  batch->add_flag("-s,--stop-on-error", batch_.stops_on_error, "skip what follows a failure");
  batch->add_option("-t,--timeout", settings_.timeout_ms, "milliseconds for all of them");
  batch->add_option("-p,--parallel", batch_.parallel, "how many at a time")
      ->check(CLI::Range(1, 1'000'000));
  add_verbose(batch, settings_);
  add_format(batch, format_);
}

void arguments::add_others() {
  add("shell", "type commands, one a line", [this] { return run_shell(settings_); });
  auto* chat = add("chat", "talk in a room; with a pipe, each line is a message",
                   [this] { return run_chat(settings_, chat_); });
  chat->add_option("room", chat_.room, "the room's id, such as general")->required();
  chat->add_option("-n,--nick", chat_.nickname, "what others see");
  auto* validate = add("validate", "hold the node to the contract, and say what is off", [this] {
    if (!validate_url_.empty()) settings_.url = validate_url_;
    return run_validate(settings_, validate_);
  });
  validate->add_option("node", validate_url_, "its address, in place of the chosen one");
  validate->add_option("-c,--category", validate_.category, "call only tools of this category");
  validate->add_flag("--strict", validate_.warnings_fail, "what could not be checked is a failure");
  add_verbose(validate, settings_);
  auto* completion =
      add("completion", "print a script for your shell: . <(afd completion bash)", [this] {
        print(completion_script(app_, shell_));
        return exit_done;
      });
  completion->add_option("shell", shell_, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

std::string arguments::say_wrong_subcommand(const std::string& otherwise) const {
  std::vector<std::string> names;
  std::string list;
  for (const auto* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
    list += ' ' + names.back();
  }
  const auto words = app_.remaining();
  const auto given =
      std::ranges::find_if(words, [](const std::string& word) { return !word.starts_with('-'); });
  if (given == words.end()) return otherwise + ". Subcommands are" + list;
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto alike = most_alike(*given, views);
  return "there is no \"" + *given + "\". " +
         (alike.empty() ? "" : "Did you mean " + std::string(alike[0]) + "? ") + "Subcommands are" +
         list;
}

int arguments::run(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app_.exit(e);
  } catch (const CLI::Error& e) {
    const auto subs = app_.get_subcommands();
    if (!subs.empty()) {
      note("afd: " + std::string(e.what()) + " (see afd " + subs.front()->get_name() + " --help)");
    } else {
      note("afd: " + say_wrong_subcommand(e.what()) + "; see afd --help");
    }
    return exit_failed;
  }
  settings_.json = settings_.json || format_ == "json";
  return chosen_();
}

}  // namespace

int run(int argc, const char* const* argv) { return arguments().run(argc, argv); }

}  // namespace chat::cli
