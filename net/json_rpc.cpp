#include "net/json_rpc.hpp"

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks over valid JSON. Every function returns the place behind what it walked over, at most the
// end.
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

// The value of the last `name` of the outermost object, as it stands there. Nothing where a name is
// written with escapes: it may be the same one.
std::optional<std::string_view> find_last(std::string_view text, std::string_view name) {
  const json_walk walk{text};
  std::optional<std::string_view> last;
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
    const auto given = text.substr(key + 1, key_end - key - 2);
    if (given.find('\\') != std::string_view::npos) return std::nullopt;
    auto end = i;
    while (end > begin && is_space(text[end - 1])) --end;
    if (given == name) last = text.substr(begin, end - begin);
  } while (i < text.size() && text[i] == ',');
  return last;
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

tl::expected<rpc_request, http_response> parse_rpc(std::string_view body, rpc_from from) {
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
  // As it was sent: a number may be longer than any type holds.
  if (id) call.id = find_last(without_bom(body), "id").value_or(to_json(*id));

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

std::optional<failure> why_no_json(std::string_view body) {
  auto parsed = parse_json(body);
  if (parsed) return std::nullopt;
  return parsed.error();
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
