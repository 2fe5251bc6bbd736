#include "app/setting_values.hpp"

#include <algorithm>

#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

// As JSON has them: what people may write otherwise (007) stays a text.
bool is_plain_number(const std::string& text) {
  return !text.empty() && text.size() <= 15 && (text.size() == 1 || text[0] != '0') &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void write_value(json_writer& json, const CLI::Option& option, const std::string& text) {
  const bool is_text = option.get_type_name().starts_with("TEXT");
  if (!is_text && (is_plain_number(text) || text == "true" || text == "false"))
    json.raw(text);
  else
    json.string(utf16_length(text) ? text : "(not UTF-8)");  // a file's name may be any bytes
}

}  // namespace

std::vector<const CLI::Option*> settings_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    return option->get_configurable() && !option->get_lnames().empty() &&
           option->get_lnames()[0] != "help" && option->get_lnames()[0] != "version";
  });
}

std::string variable_of(const std::string& setting) {
  std::string variable = "CHATD_" + setting;
  std::ranges::transform(variable, variable.begin(), [](char ch) {
    return ch == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
  });
  return variable;
}

bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  constexpr auto blanks = " \t\r\n";
  for (std::string part; std::getline(in, part, ',');) {
    const auto begin = part.find_first_not_of(blanks);
    if (begin == std::string::npos) continue;
    parts.push_back(part.substr(begin, part.find_last_not_of(blanks) - begin + 1));
  }
  return parts;
}

std::vector<std::string> values_of(const CLI::Option& option) {
  if (auto given = option.results(); !given.empty()) {
    // People may write on, yes and 007.
    if (option.get_items_expected_max() == 0) return {option.as<bool>() ? "true" : "false"};
    if (!option.get_type_name().starts_with("TEXT")) return {std::to_string(option.as<unsigned>())};
    return given;
  }
  const auto fallback = option.get_default_str();
  if (is_list(option))  // CLI11 writes [a,b]
    return fallback.empty() ? std::vector<std::string>{}
                            : split(fallback.substr(1, fallback.size() - 2));
  return {option.get_items_expected_max() == 0 ? "false" : fallback};
}

std::string to_json(const std::vector<const CLI::Option*>& options) {
  std::string out;
  json_writer json(out);
  json.begin_object();
  for (const auto* option : options) {
    json.key(option->get_lnames().at(0));
    if (is_list(*option)) json.begin_array();
    for (const auto& value : values_of(*option)) write_value(json, *option, value);
    if (is_list(*option)) json.end_array();
  }
  json.end_object();
  return out;
}

}  // namespace chat
