#include "cli/connection_file.hpp"

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

// An object; of a file that is not there, or is none, an empty one.
json read_connection_file() {
  std::ifstream in(connection_file());
  auto stored = json::parse(in, nullptr, false);
  return stored.is_object() ? stored : json::object();
}

}  // namespace

std::filesystem::path connection_file() {
  const std::filesystem::path home = environment("HOME");
  const auto given = environment("XDG_CONFIG_HOME");
  return (given.empty() ? home / ".config" : std::filesystem::path(given)) / "afd-cli-nodejs" /
         "config.json";
}

std::string connected_url() { return text_at(read_connection_file(), url_field); }

outcome<void> set_connected_url(const std::string& url) {
  auto stored = read_connection_file();
  if (url.empty())
    stored.erase(url_field);
  else
    stored[url_field] = url;
  const auto file = connection_file();
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
