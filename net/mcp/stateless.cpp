#include "net/mcp/stateless.hpp"

#include <algorithm>
#include <charconv>

#include "model/base64url.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/unicode.hpp"

namespace chat::mcp {

namespace {

constexpr std::string_view version_key = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view capabilities_key = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view log_level_key = "io.modelcontextprotocol/logLevel";
constexpr const char* version_header = "MCP-Protocol-Version";

using check = std::optional<stateless_refusal>;

std::optional<element> meta_of(const rpc_request& call) {
  return call.params ? member(*call.params, "_meta") : std::nullopt;
}

check bad_meta(std::string what) {
  return stateless_refusal{
      {rpc_code::invalid_params, std::move(what),
       R"(Send params._meta with "io.modelcontextprotocol/protocolVersion":"2026-07-28" and )"
       R"("io.modelcontextprotocol/clientCapabilities":{}, or begin a session with initialize)"}};
}

check mismatch(std::string what, std::string suggestion) {
  return stateless_refusal{
      {error_code::header_mismatch, "Header mismatch: " + std::move(what), std::move(suggestion)}};
}

check bad_version(std::string_view asked) {
  std::string details;
  json_writer json(details);
  json.begin_object().key("supported").raw(supported_versions());
  json.field("requested", utf16_prefix(asked, limits::echoed_units_max)).end_object();
  return stateless_refusal{{error_code::unsupported_version, "Unsupported protocol version",
                            "Use 2026-07-28, or begin a session with initialize for an older one",
                            std::move(details)}};
}

// The standard alphabet with its padding (RFC 4648, section 4).
std::optional<std::string> decode_base64(std::string text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string::npos) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return decode_base64url(text);
}

// The header that repeats `value`; nothing when it does.
check check_header(const http_request& request, const std::string& name, std::string_view value) {
  const auto given = request.header(name);
  if (given.empty())
    return mismatch(name + " is missing", "Repeat the value of the body in this header");
  const auto decoded = decode_header_value(given);
  if (!decoded)
    return mismatch(name + " is no valid base64", "Encode it as =?base64?…?= with padding");
  if (*decoded != value)
    return mismatch(name + " is not what the body says", "Repeat the value of the body");
  return std::nullopt;
}

std::string_view name_key(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  return method == "resources/read" ? "uri" : "";
}

// As it stands in a header: texts as they are, numbers and truth values as JSON has them.
std::optional<std::string> value_at(std::optional<element> at,
                                    const std::vector<std::string>& path) {
  for (const auto& key : path) at = at ? member(*at, key) : std::nullopt;
  if (!at || at->is_null()) return std::nullopt;
  std::string_view text;
  return at->get(text) ? to_json(*at) : std::string(text);
}

bool is_same_number(std::string_view a, std::string_view b) {
  double x = 0;
  double y = 0;
  const auto read = [](std::string_view text, double& into) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc{} && end == text.data() + text.size();
  };
  return read(a, x) && read(b, y) && x == y;
}

check check_arguments(const http_request& request, const rpc_request& call,
                      const service& offered) {
  const auto name = text_member(*call.params, "name").value_or("");
  const auto tools = offered.tools();
  const auto tool = std::ranges::find(tools, name, &item::name);
  if (tool == tools.end()) return std::nullopt;
  for (const auto& argument : tool->headers) {
    const auto header = "Mcp-Param-" + argument.header;
    const auto wanted = value_at(member(*call.params, "arguments"), argument.path);
    const auto given = request.header(header);
    if (!wanted && given.empty()) continue;
    if (!wanted) return mismatch(header + " has no value in the body", "Leave the header out");
    if (is_same_number(given, *wanted)) continue;
    if (wanted->empty() && request.raw().count(header) > 0 && given.empty()) continue;
    if (auto bad = check_header(request, header, *wanted)) return bad;
  }
  return std::nullopt;
}

}  // namespace

bool is_stateless(const http_request& request, const rpc_request& call) {
  const auto meta = meta_of(call);
  if (meta && member(*meta, version_key)) return true;
  const auto version = request.header(version_header);
  if (call.method == "initialize" || version.empty()) return version == stateless_version;
  return !is_session_version(version);
}

check check_stateless(const http_request& request, const rpc_request& call,
                      const service& offered) {
  const auto meta = meta_of(call);
  if (!meta) {
    const auto named = request.header(version_header);
    if (!named.empty() && named != stateless_version) return bad_version(named);
  }
  if (!meta || !meta->is_object()) return bad_meta("params._meta is missing");
  const auto version = text_member(*meta, version_key);
  if (!version) return bad_meta("The protocol version is missing in params._meta");
  const auto capabilities = member(*meta, capabilities_key);
  if (!capabilities || !capabilities->is_object())
    return bad_meta("The client's capabilities are missing in params._meta");
  if (auto bad = check_header(request, version_header, *version)) return bad;
  if (*version != stateless_version) return bad_version(*version);
  if (auto bad = check_header(request, "Mcp-Method", call.method)) return bad;
  if (const auto key = name_key(call.method); !key.empty())
    if (const auto name = text_member(*call.params, key))
      if (auto bad = check_header(request, "Mcp-Name", *name)) return bad;
  return call.method == "tools/call" ? check_arguments(request, call, offered) : std::nullopt;
}

void read_meta(const rpc_request& call, request_facts& facts) {
  facts.when = era::stateless;
  facts.version = stateless_version;
  const auto meta = *meta_of(call);
  facts.client = read_client_features(member(meta, capabilities_key));
  if (const auto level = text_member(meta, log_level_key)) facts.least = parse_log_level(*level);
}

std::optional<std::string> decode_header_value(std::string_view value) {
  constexpr std::string_view begin = "=?base64?";
  constexpr std::string_view end = "?=";
  if (value.size() < begin.size() + end.size() || !value.starts_with(begin) ||
      !value.ends_with(end))
    return std::string(value);
  value.remove_prefix(begin.size());
  value.remove_suffix(end.size());
  return decode_base64(std::string(value));
}

}  // namespace chat::mcp
