#include "cli/input.hpp"

#include <algorithm>
#include <cctype>

namespace chat::cli {

namespace {

constexpr const char* input_suggestion =
    R"(Write key=value key:=JSON …, or one JSON object: '{"roomId":"general"}')";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The end of the quoted text that begins at `at`: behind its quote, or npos.
std::size_t end_of_quote(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (auto i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\')
      ++i;
    else if (text[i] == quote)
      return i + 1;
  }
  return std::string_view::npos;
}

std::size_t end_of_bracket(std::string_view text, std::size_t at) {
  int depth = 0;
  for (auto i = at; i < text.size();) {
    if (text[i] == '"') {
      i = end_of_quote(text, i);
      continue;
    }
    if (text[i] == '{' || text[i] == '[') ++depth;
    if ((text[i] == '}' || text[i] == ']') && --depth == 0) return i + 1;
    ++i;
  }
  return std::string_view::npos;
}

// Of the word that begins at `at`.
std::size_t end_of_word(std::string_view line, std::size_t at) {
  bool is_value = true;  // here one would begin
  bool had_equals = false;
  while (at < line.size() && !is_blank(line[at])) {
    const char c = line[at];
    const bool is_quoted = is_value && (c == '"' || c == '\'');
    if (is_quoted || (is_value && (c == '{' || c == '['))) {
      at = is_quoted ? end_of_quote(line, at) : end_of_bracket(line, at);
      if (at == std::string_view::npos) return at;
      is_value = false;
      continue;
    }
    is_value = c == '=' && !had_equals;
    had_equals = had_equals || c == '=';
    ++at;
  }
  return at;
}

outcome<json> object_of(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_object()) return parsed;
  return no("INVALID_INPUT", "The input is no JSON object: " + std::string(text), input_suggestion);
}

json value_of(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    return std::string(text.substr(1, text.size() - 2));
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? json(std::string(text)) : parsed;
}

outcome<void> add_pair(json& input, std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return no("INVALID_INPUT", "Expected key=value, not " + std::string(pair), input_suggestion);
  const auto value = pair.substr(equals + 1);
  auto key = pair.substr(0, equals);
  if (!key.ends_with(':')) {
    input[std::string(key)] = value_of(value);
    return {};
  }
  key.remove_suffix(1);
  auto parsed = json::parse(value, nullptr, false);
  if (key.empty() || parsed.is_discarded())
    return no("INVALID_INPUT", "Behind := stands JSON, not " + std::string(value),
              "Quote it for your shell as in tags:='[\"a\"]', or write key=value for text");
  input[std::string(key)] = std::move(parsed);
  return {};
}

bool is_pair(const std::string& word) {
  const auto end = word.find_first_of("=:");
  return end != std::string::npos && end > 0 && word.find('=') != std::string::npos &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(end),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

outcome<json> parse_pairs(const std::vector<std::string>& pairs) {
  auto input = json::object();
  for (const auto& pair : pairs)
    if (const auto done = add_pair(input, pair); !done) return tl::make_unexpected(done.error());
  return input;
}

}  // namespace

outcome<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    const auto end = end_of_word(line, at);
    if (end == std::string_view::npos)
      return no("INVALID_INPUT",
                "A quote or bracket is not closed: " + std::string(line.substr(at)),
                input_suggestion);
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

outcome<json> parse_input_line(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.starts_with('{')) return object_of(line);
  const auto words = split_words(line);
  return words ? parse_pairs(*words) : tl::make_unexpected(words.error());
}

outcome<json> parse_arguments(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return parse_pairs(arguments);
  const auto& only = arguments.front();
  const auto words = split_words(only);
  // `text=hello world` is one pair, `roomId=general limit=5` are two.
  if (only.starts_with('{') || (words && std::ranges::all_of(*words, is_pair)))
    return parse_input_line(only);
  return parse_pairs(arguments);
}

}  // namespace chat::cli
