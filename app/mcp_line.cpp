#include "app/mcp_line.hpp"

#include <algorithm>

#include "model/base64url.hpp"
#include "model/json_reader.hpp"

namespace chat {

namespace {

// As a header carries it (2026-07-28, basic/transports/streamable-http, Value Encoding).
std::string header_value(std::string_view text) {
  const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                     std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }) &&
                     !(text.starts_with("=?base64?") && text.ends_with("?="));
  if (plain) return std::string(text);
  std::string encoded;
  append_base64url(encoded, text);
  std::ranges::replace(encoded, '-', '+');
  std::ranges::replace(encoded, '_', '/');
  while (encoded.size() % 4 != 0) encoded += '=';
  return "=?base64?" + encoded + "?=";
}

void add_metadata(mcp_line& line, simdjson::dom::element params) {
  const auto meta = member(params, "_meta");
  const auto version =
      meta ? text_member(*meta, "io.modelcontextprotocol/protocolVersion") : std::nullopt;
  if (!version) return;
  line.is_stateless = true;
  line.headers.emplace_back("MCP-Protocol-Version", header_value(*version));
  line.headers.emplace_back("Mcp-Method", header_value(line.method));
  const auto name = text_member(params, line.method == "resources/read" ? "uri" : "name");
  if (name) line.headers.emplace_back("Mcp-Name", header_value(*name));
}

}  // namespace

tl::expected<mcp_line, rpc_error> read_mcp_line(std::string text) {
  const auto root = parse_json(text);
  if (!root)
    return tl::unexpected(rpc_error{rpc_code::parse_error, "Parse error: " + root.error().message,
                                    "Send one JSON message a line, in UTF-8"});
  if (!root->is_object())
    return tl::unexpected(rpc_error{rpc_code::invalid_request, "The line is not a JSON object",
                                    "Send one JSON message a line"});
  mcp_line line;
  line.headers = {{"Content-Type", "application/json"},
                  {"Accept", "application/json, text/event-stream"}};
  if (const auto id = member(*root, "id")) line.id = to_json(*id);
  line.method = text_member(*root, "method").value_or("");
  line.is_response = line.method.empty();
  if (const auto params = member(*root, "params")) {
    add_metadata(line, *params);
    if (const auto cancelled = member(*params, "requestId"))
      line.cancelled_id = to_json(*cancelled);
  }
  line.text = std::move(text);
  return line;
}

bool is_answer_to(std::string_view message, std::string_view id) {
  const auto root = parse_json(message);
  if (!root || (!member(*root, "result") && !member(*root, "error"))) return false;
  const auto given = member(*root, "id");
  return given && (given->is_null() || to_json(*given) == id);
}

std::string negotiated_version(std::string_view message) {
  const auto root = parse_json(message);
  const auto result = root ? member(*root, "result") : std::nullopt;
  return std::string(result ? text_member(*result, "protocolVersion").value_or("") : "");
}

}  // namespace chat
