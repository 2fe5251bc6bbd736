#include "app/config_file.hpp"

#include <toml++/toml.h>

namespace chat {

namespace {

[[noreturn]] void refuse(const toml::source_region& where, const std::string& what) {
  throw CLI::ConfigError("line " + std::to_string(where.begin.line) + ": " + what);
}

std::string scalar(const toml::node& value, const std::string& key) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
  refuse(value.source(), "`" + key + "` must be a string, a whole number, true, false or a list");
}

}  // namespace

std::vector<CLI::ConfigItem> config_file::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> items;
  try {
    const auto table = toml::parse(input);
    for (const auto& [key, value] : table) {
      CLI::ConfigItem item;
      item.name = std::string(key.str());
      if (const auto* list = value.as_array())
        for (const auto& element : *list) item.inputs.push_back(scalar(element, item.name));
      else
        item.inputs.push_back(scalar(value, item.name));
      items.push_back(std::move(item));
    }
  } catch (const toml::parse_error& e) {
    refuse(e.source(),
           std::string(e.description()) + ". Texts stand in quotes, as in log-level = \"info\"");
  }
  return items;
}

}  // namespace chat
