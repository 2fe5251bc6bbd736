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

// A quoted text without its quotes.
std::string unquoted(std::string_view text) {
  const char quote = text.front();
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    const bool escapes = quote == '"' && text[i] == '\\' && i + 2 < text.size() &&
                         (text[i + 1] == '"' || text[i + 1] == '\\');
    out += text[escapes ? ++i : i];
  }
  return out;
}

// Adds the word that begins at `at`. Answers where it ends, or npos: something is not closed.
std::size_t take_word(std::string_view line, std::size_t at, std::string& word) {
  bool is_value = true;  // here one would begin
  bool is_json = false;
  bool had_equals = false;
  while (at < line.size() && !is_blank(line[at])) {
    const char c = line[at];
    const bool is_quoted = is_value && (c == '"' || c == '\'');
    if (is_quoted || (is_value && (c == '{' || c == '['))) {
      const auto end = is_quoted ? end_of_quote(line, at) : end_of_bracket(line, at);
      if (end == std::string_view::npos) return end;
      const auto part = line.substr(at, end - at);
      word += is_quoted && !is_json ? unquoted(part) : std::string(part);
      at = end;
      is_value = false;
      continue;
    }
    is_value = c == '=' && !had_equals;
    is_json = is_json || (is_value && word.ends_with(':'));
    had_equals = had_equals || c == '=';
    word += c;
    ++at;
  }
  return at;
}

outcome<json> object_of(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_object()) return parsed;
  return no("INVALID_INPUT", "The input is no JSON object: " + std::string(text), input_suggestion);
}

// Whether a text may stand there: the schema, one of its alternatives or of its values is one.
bool takes_text(const json& schema) {
  const auto is_string = [](const json& value) { return value == "string"; };
  const auto& type = at(schema, "type");
  if (is_string(type) || (type.is_array() && std::ranges::any_of(type, is_string))) return true;
  if (at(schema, "const").is_string()) return true;
  const auto is_text = [](const json& value) { return value.is_string(); };
  if (const auto& values = at(schema, "enum"); std::ranges::any_of(values, is_text)) return true;
  for (const char* name : {"anyOf", "oneOf"})
    if (const auto& some = at(schema, name); std::ranges::any_of(some, takes_text)) return true;
  return false;
}

// What cannot be anything but text needs no schema.
outcome<json> value_of(const std::string& key, std::string_view text, const type_lookup& type) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded() || parsed.is_string()) return std::string(text);
  const auto schema = type(key);
  if (!schema) return schema;
  return takes_text(*schema) ? json(std::string(text)) : parsed;
}

outcome<void> add_pair(json& input, std::string_view pair, const type_lookup& type) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return no("INVALID_INPUT", "Expected key=value, not " + std::string(pair), input_suggestion);
  const auto value = pair.substr(equals + 1);
  std::string key(pair.substr(0, equals));
  if (!key.ends_with(':')) {
    auto typed = value_of(key, value, type);
    if (!typed) return tl::make_unexpected(typed.error());
    input[key] = std::move(*typed);
    return {};
  }
  key.pop_back();
  auto parsed = json::parse(value, nullptr, false);
  if (key.empty() || parsed.is_discarded())
    return no("INVALID_INPUT", "Behind := stands JSON, not " + std::string(value),
              "Quote it for your shell as in tags:='[\"a\"]', or write key=value for text");
  input[key] = std::move(parsed);
  return {};
}

bool is_pair(const std::string& word) {
  const auto end = word.find_first_of("=:");
  return end != std::string::npos && end > 0 && word.find('=') != std::string::npos &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(end),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

outcome<json> parse_pairs(const std::vector<std::string>& pairs, const type_lookup& type) {
  auto input = json::object();
  for (const auto& pair : pairs)
    if (const auto done = add_pair(input, pair, type); !done)
      return tl::make_unexpected(done.error());
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
    std::string word;
    const auto end = take_word(line, at, word);
    if (end == std::string_view::npos)
      return no("INVALID_INPUT",
                "A quote or bracket is not closed: " + std::string(line.substr(at)),
                input_suggestion);
    words.push_back(std::move(word));
    at = end;
  }
  return words;
}

outcome<json> parse_input_line(std::string_view line, const type_lookup& type) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.starts_with('{')) return object_of(line);
  const auto words = split_words(line);
  return words ? parse_pairs(*words, type) : tl::make_unexpected(words.error());
}

outcome<json> parse_arguments(const std::vector<std::string>& arguments, const type_lookup& type) {
  if (arguments.size() != 1) return parse_pairs(arguments, type);
  const auto& only = arguments.front();
  const auto words = split_words(only);
  // `text=hello world` is one pair, `roomId=general limit=5` are two. One alone is as it stands:
  // the shell has taken its quotes off.
  const bool is_line = words && words->size() > 1 && std::ranges::all_of(*words, is_pair);
  return only.starts_with('{') || is_line || (words && words->empty())
             ? parse_input_line(only, type)
             : parse_pairs(arguments, type);
}

}  // namespace chat::cli
