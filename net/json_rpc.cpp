#include "net/json_rpc.hpp"

#include <algorithm>
#include <cstdint>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Walks over JSON that nobody has checked yet. Every function returns the place behind what it
// walked over, at most the end.
struct json_walk {
  std::string_view text;

  std::size_t space(std::size_t i) const {
    while (i < text.size() && is_space(text[i])) ++i;
    return i;
  }
  std::size_t string(std::size_t i) const {
    for (++i; i < text.size(); ++i) {
      if (text[i] == '"') return i + 1;
      if (text[i] == '\\') ++i;
    }
    return text.size();
  }
  // A value of any kind: to the comma or bracket behind it.
  std::size_t value(std::size_t i) const {
    std::size_t depth = 0;
    while (i < text.size()) {
      const char c = text[i];
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      i = c == '"' ? string(i) : i + 1;
    }
    return i;
  }
};

struct span_of_text {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Where the value of the first `name` of the outermost object stands.
std::optional<span_of_text> find_member(std::string_view text, std::string_view name) {
  const json_walk walk{text};
  auto i = walk.space(0);
  if (i >= text.size() || text[i] != '{') return std::nullopt;
  do {
    const auto key = walk.space(i + 1);
    if (key >= text.size() || text[key] != '"') return std::nullopt;
    const auto key_end = walk.string(key);
    const auto colon = walk.space(key_end);
    if (colon >= text.size() || text[colon] != ':') return std::nullopt;
    const auto begin = walk.space(colon + 1);
    i = walk.value(begin);
    if (text.substr(key + 1, key_end - key - 2) == name) {
      auto end = i;
      while (end > begin && is_space(text[end - 1])) --end;
      return span_of_text{begin, end};
    }
  } while (i < text.size() && text[i] == ',');
  return std::nullopt;
}

// RFC 8259, section 6.
bool is_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > begin;
  };
  if (text.starts_with('-')) ++i;
  if (i < text.size() && text[i] == '0')
    ++i;
  else if (!digits())
    return false;
  if (i < text.size() && text[i] == '.' && (++i, !digits())) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// Takes a number as id out of the text: what stays in its place is a number of the same length.
std::string cut_number_id(std::string& body) {
  const auto found = find_member(body, "id");
  if (!found) return {};
  const auto size = found->end - found->begin;
  const auto id = body.substr(found->begin, size);
  if (!is_number(id)) return {};
  body.replace(found->begin, size, size, ' ');
  body[found->begin] = '0';
  return id;
}

tl::unexpected<http_response> refused(int code, std::string message, std::string suggestion,
                                      std::string_view id = "null") {
  return tl::unexpected(
      json_response(400, rpc_failure(id, {code, std::move(message), std::move(suggestion)})));
}

constexpr const char* example =
    R"(Send one object such as {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}; at )"
    R"(/rpc the method is a command, such as chat-rooms)";

bool is_id(simdjson::dom::element id) { return id.is_string() || id.is_null() || id.is_number(); }

}  // namespace

tl::expected<rpc_request, http_response> parse_rpc(std::string& body, rpc_from from) {
  const auto number_id = cut_number_id(body);
  const auto parsed = parse_json(body);
  if (!parsed)
    return refused(rpc_code::parse_error, "Parse error: " + parsed.error().message,
                   "Send valid JSON in UTF-8");
  const auto root = *parsed;
  if (root.is_array())
    return refused(rpc_code::invalid_request, "There is no place for a batch here",
                   "Send one call a request; /rpc and /message take lists of calls");
  if (!root.is_object())
    return refused(rpc_code::invalid_request, "The body is not an object", example);

  rpc_request call;
  const auto id = member(root, "id");
  if (id && !is_id(*id))
    return refused(rpc_code::invalid_request, "The id is neither a string nor a number", example);
  if (!number_id.empty())
    call.id = number_id;
  else if (const auto raw = id ? find_member(body, "id") : std::nullopt;
           raw && (body[raw->begin] == '"' || body[raw->begin] == 'n'))
    call.id = body.substr(raw->begin, raw->end - raw->begin);
  else if (id)
    call.id = simdjson::minify(*id);  // its key was written with escapes, and may stand there twice

  const auto version = member(root, "jsonrpc");
  if (version && text_member(root, "jsonrpc") != "2.0")
    return refused(rpc_code::invalid_request, "jsonrpc is not \"2.0\"", example, call.id);
  if (from == rpc_from::peer && id && !member(root, "method")) {
    call.result = member(root, "result");
    call.is_response = call.result || member(root, "error");
    if (call.is_response) return call;
  }
  const auto method = text_member(root, "method");
  if (!method || method->empty())
    return refused(rpc_code::invalid_request, "The method is missing or not a string", example,
                   call.id);
  call.notification = version && !id;
  call.method = *method;
  call.params = member(root, "params");
  if (call.params && call.params->is_null()) call.params.reset();
  return call;
}

std::optional<failure> why_no_json(std::string body) {
  cut_number_id(body);
  auto parsed = parse_json(body);
  if (parsed) return std::nullopt;
  return std::move(parsed.error());
}

std::string rpc_result(std::string_view id, std::string_view result) {
  std::string out;
  out.reserve(id.size() + result.size() + 40);
  out.append(R"({"jsonrpc":"2.0","id":)").append(id);
  out.append(R"(,"result":)").append(result).append("}");
  return out;
}

std::string rpc_failure(std::string_view id, const rpc_error& why) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("jsonrpc", "2.0").key("id").raw(id);
  json.key("error").begin_object().field("code", why.code).field("message", why.message);
  json.key("data").begin_object().field("suggestion", why.suggestion);
  if (why.details.size() > 2) {
    out += ',';
    out.append(why.details, 1, why.details.size() - 2);
  }
  json.end_object().end_object().end_object();
  return out;
}

}  // namespace chat
