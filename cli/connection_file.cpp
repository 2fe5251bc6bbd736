#include "cli/connection_file.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <system_error>

namespace chat::cli {

namespace {

constexpr const char* url_field = "serverUrl";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// HOME, else what the system's list of users says, as a shell does for `~`.
std::filesystem::path home_of_user() {
  const auto given = environment("HOME");
  if (!given.empty()) return given;
  const auto* user = getpwuid(getuid());
  return user && user->pw_dir ? user->pw_dir : "";
}

// An object; of a file that is not there, or is none, an empty one.
json read_connection_file() {
  std::ifstream in(connection_file());
  auto stored = json::parse(in, nullptr, false);
  return stored.is_object() ? stored : json::object();
}

}  // namespace

std::filesystem::path connection_file() {
  std::filesystem::path folder = environment("XDG_CONFIG_HOME");
  if (!folder.is_absolute()) folder = home_of_user() / ".config";  // XDG: others are ignored
  return folder.is_absolute() ? folder / "afd-cli-nodejs" / "config.json" : "";
}

std::string connected_url() { return text_at(read_connection_file(), url_field); }

outcome<void> set_connected_url(const std::string& url) {
  auto stored = read_connection_file();
  if (url.empty())
    stored.erase(url_field);
  else
    stored[url_field] = url;
  const auto file = connection_file();
  if (file.empty())
    return no("INVALID_INPUT", "There is no home directory to remember the node in",
              "Set HOME, or name the node each time with --url or AFD_URL");
  auto fresh = file;
  fresh += ".new";
  std::error_code ec;
  std::filesystem::create_directories(file.parent_path(), ec);
  std::ofstream out(fresh);
  out << dump(stored, 2) << '\n';
  out.close();
  if (out.good()) std::filesystem::rename(fresh, file, ec);
  if (!out.good() || ec)
    return no("INVALID_INPUT", "Cannot write " + file.string(),
              "Make its folder writable, or name the node each time with --url or AFD_URL");
  return {};
}

}  // namespace chat::cli
