#include "app/settings_errors.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "app/setting_values.hpp"
#include "model/alike.hpp"

namespace chat {

namespace {

constexpr std::size_t slips_max = 2;  // a letter too many, too few, or two of them swapped

// "Did you mean", or nothing.
std::string did_you_mean(const CLI::App& app, const std::string& key) {
  std::vector<std::string> names;
  for (const auto* option : settings_of(app)) names.push_back(option->get_lnames().at(0));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto alike = most_alike(key, views);
  return alike.empty() ? "" : ". Did you mean `" + std::string(alike[0]) + "`?";
}

std::string file_of(const CLI::App& app) {
  const auto given = app.get_config_ptr()->results();
  return given.empty() ? "configuration file" : '"' + given.back() + '"';
}

}  // namespace

bool is_given(const std::vector<std::string>& args, const std::string& flag) {
  return std::ranges::any_of(
      args, [&](const std::string& arg) { return arg == flag || arg.starts_with(flag + '='); });
}

std::string say_unreadable_file(const CLI::App& app) {
  return "--config: " + file_of(app) +
         " cannot be read: name a file with settings, such as chatd config init writes";
}

std::string say_wrong_file(const CLI::App& app, const std::string& text) {
  constexpr std::string_view extras = "INI was not able to parse ";  // CLI11's own words
  if (text.starts_with(extras)) {
    const auto key = text.substr(extras.size());
    return file_of(app) + ": unknown key `" + key + '`' + did_you_mean(app, key);
  }
  return file_of(app) + ": " + text;
}

std::string say_wrong_value(const CLI::App& app, const std::vector<std::string>& args,
                            const std::string& text) {
  const auto end = text.find_first_of(": ");
  if (!text.starts_with("--") || end == std::string::npos) return text;
  const auto flag = text.substr(0, end);
  const auto rest = text.find("At Most 1 required") == std::string::npos
                        ? text.substr(end)
                        : std::string(" is given more than once: it takes one value");
  const auto name = flag.substr(2);
  const char* value = std::getenv(variable_of(name).c_str());
  if (is_given(args, flag)) return flag + rest;
  if (value && *value) return variable_of(name) + rest;
  return file_of(app) + ": `" + name + '`' + rest;
}

std::string unknown_variables(const CLI::App& app) {
  std::vector<std::string> names{"CHATD_CONFIG", "CHATD_KEY", "CHATD_URL"};
  for (const auto* option : settings_of(app))
    names.push_back(variable_of(option->get_lnames().at(0)));
  std::string warnings;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view whole(*entry);
    const auto name = whole.substr(0, whole.find('='));
    if (!name.starts_with("CHATD_") || std::ranges::find(names, name) != names.end()) continue;
    const auto meant = std::ranges::find_if(
        names, [&](const std::string& known) { return edit_distance(name, known) <= slips_max; });
    if (meant != names.end())
      warnings +=
          "chatd: warning: " + std::string(name) + " is no setting. Did you mean " + *meant + "?\n";
  }
  return warnings;
}

}  // namespace chat
