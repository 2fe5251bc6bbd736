#include "app/config_command.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "net/unique_fd.hpp"

namespace chat {

namespace {

constexpr int exit_bad_config = 2;

constexpr const char* config_usage =
    R"(chatd config init [--output FILE]   writes a file with every setting, its default and
                                    what it is for; without --output to stdout
chatd config check [FLAGS]          checks the settings, and the files they name
chatd config show [FLAGS]           prints the settings in force, as a file
chatd config table                  prints what there is to set, as a Markdown table

FLAGS are those of chatd, as in: chatd config check --config /etc/chatd/chatd.toml
)";

int refuse_verb(const std::string& why) {
  std::fprintf(stderr, "chatd config: %s (see chatd config --help)\n", why.c_str());
  return exit_bad_config;
}

// To the disk: a full one may show only there.
bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(fd) == 0;
}

int init_config(const std::vector<std::string_view>& args) {
  if (args.empty()) {
    std::fputs(default_settings().c_str(), stdout);
    return 0;
  }
  if (args.size() != 2 || args[0] != "--output")
    return refuse_verb("init takes --output FILE, and nothing else");
  const std::string file(args[1]);
  const unique_fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out && errno == EEXIST)
    return refuse_verb('"' + file + "\" is there already, and stays as it is: name another file");
  if (!out) return refuse_verb("cannot write \"" + file + "\": " + std::strerror(errno));
  // It holds no secret, and the node may run as another user.
  if (fchmod(out.get(), 0644) != 0 || !write_whole(out.get(), default_settings())) {
    const auto why = std::strerror(errno);
    ::unlink(file.c_str());  // half a file would be taken for the settings
    return refuse_verb("cannot write \"" + file + "\": " + why);
  }
  std::fprintf(stderr, "chatd: wrote %s. Start with: chatd --config %s\n", file.c_str(),
               file.c_str());
  return 0;
}

// What the flags of chatd make of it.
int read_with(const char* flag, int argc, const char* const* argv) {
  std::vector<const char*> args{"chatd"};
  args.insert(args.end(), argv, argv + argc);
  args.push_back(flag);
  const auto asked = read_config(static_cast<int>(args.size()), args.data());
  const bool is_refused = asked.what == invocation::kind::refuse;
  std::fputs(asked.output.c_str(), is_refused ? stderr : stdout);
  return is_refused ? exit_bad_config : 0;
}

}  // namespace

int run_config_command(int argc, const char* const* argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "init") return init_config({argv + 2, argv + argc});
  if (verb == "check") return read_with("--check-config", argc - 2, argv + 2);
  if (verb == "show") return read_with("--print-config", argc - 2, argv + 2);
  if (verb == "table" && argc == 2) {
    std::fputs(settings_table().c_str(), stdout);
    return 0;
  }
  if (verb == "--help" || verb == "-h") {
    std::fputs(config_usage, stdout);
    return 0;
  }
  return refuse_verb(verb.empty() ? "init, check, show or table?"
                                  : "there is no \"" + std::string(verb) + '"');
}

}  // namespace chat
