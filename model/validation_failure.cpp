// How VALIDATION_ERROR is laid out, so that clients of the public server can read ours.

#include <functional>

#include "model/input_check.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

// "a, b, c" for people and ["a","b","c"] for programs, of the same names.
struct name_list {
  std::string text;
  std::string json;
};

template <class Range, class Projection = std::identity>
name_list list_of(const Range& items, Projection name = {}) {
  name_list list;
  json_writer json(list.json);
  json.begin_array();
  for (const auto& item : items) {
    const std::string_view word = std::invoke(name, item);
    json.string(word);
    if (!list.text.empty()) list.text += ", ";
    list.text += word;
  }
  json.end_array();
  return list;
}

std::string lines_of(const std::vector<input_problem>& problems) {
  std::string lines;
  for (const auto& p : problems) {
    if (problems.size() > 1) lines += lines.empty() ? "- " : "\n- ";
    if (p.path != "(root)") lines += p.path + ": ";
    lines += p.message;
  }
  return lines;
}

// `expected` are all names, `advice` those that are said to people as well. What is empty is left
// out.
failure laid_out(const std::vector<input_problem>& problems, const name_list& expected,
                 const name_list& unexpected, const name_list& missing, bool says_expected) {
  std::string details;
  json_writer json(details);
  json.begin_object().key("errors").begin_array();
  for (const auto& p : problems) {
    json.begin_object().field("path", p.path).field("message", p.message).field("code", p.code);
    if (!p.expected.empty()) json.field("expected", p.expected);
    json.end_object();
  }
  json.end_array();
  auto suggestion = lines_of(problems);
  const auto say = [&](const char* name, const name_list& names, const char* words, bool is_said) {
    if (names.json == "[]") return;
    json.key(name).raw(names.json);
    if (is_said) suggestion += ". " + std::string(words) + names.text;
  };
  // Said in an order of its own.
  if (expected.json != "[]") json.key("expectedFields").raw(expected.json);
  say("unexpectedFields", unexpected, "Unknown field(s): ", true);
  say("missingFields", missing, "Missing required field(s): ", true);
  if (says_expected && expected.json != "[]") suggestion += ". Expected fields: " + expected.text;
  json.end_object();
  auto why = make_failure(errc::validation_error, "Input validation failed", suggestion);
  why.details = std::move(details);
  return why;
}

}  // namespace

failure validation_failure(const input_schema& schema, const input_check& check) {
  return laid_out(check.problems, list_of(schema.properties, &input_property::name),
                  list_of(check.unexpected), list_of(check.missing), true);
}

// Where what is wrong is known, the names of all fields would hide what is to be done.
failure invalid_input(std::span<const field> fields, const std::vector<input_problem>& problems) {
  std::vector<std::string> unexpected;
  for (const auto& p : problems)
    if (p.code == "unrecognized_keys") unexpected.push_back(p.path);
  return laid_out(problems, list_of(fields, &field::name), list_of(unexpected), {"", "[]"},
                  !unexpected.empty());
}

}  // namespace chat
