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

// Calls that wait say for how long; streams are without end.
bool may_wait(std::string_view text) {
  for (const auto* mark : {"waitMs", "forMs", "subscriptions/listen"})
    if (text.find(mark) != std::string_view::npos) return true;
  return false;
}

std::vector<std::string> ids_in(simdjson::dom::array batch) {
  std::vector<std::string> ids;
  for (const auto one : batch) {
    const auto id = member(one, "id");
    if (id && text_member(one, "method")) ids.push_back(to_json(*id));
  }
  return ids;
}

}  // namespace

std::string mcp_line::failed(const rpc_error& why) const {
  if (!is_batch) return id.empty() || is_response ? std::string() : rpc_failure(id, why);
  std::string all;
  for (const auto& one : batch_ids)
    all.append(all.empty() ? "[" : ",").append(rpc_failure(one, why));
  return all.empty() ? all : all + ']';
}

tl::expected<mcp_line, rpc_error> read_mcp_line(std::string text) {
  const auto root = parse_json(text);
  if (!root)
    return tl::unexpected(rpc_error{rpc_code::parse_error, "Parse error: " + root.error().message,
                                    "Send one JSON message a line, in UTF-8"});
  const bool is_batch = root->is_array() && simdjson::dom::array(*root).size() > 0;
  if (!root->is_object() && !is_batch)
    return tl::unexpected(rpc_error{rpc_code::invalid_request, "The line is not a JSON object",
                                    "Send one JSON message a line"});
  mcp_line line;
  line.headers = {{"Content-Type", "application/json"},
                  {"Accept", "application/json, text/event-stream"}};
  line.may_wait = may_wait(text);
  if (is_batch) {
    line.is_batch = true;
    line.batch_ids = ids_in(*root);
    line.text = std::move(text);
    return line;
  }
  if (const auto id = member(*root, "id")) line.id = to_json(*id);
  line.method = text_member(*root, "method").value_or("");
  line.is_response = line.method.empty();
  if (const auto params = member(*root, "params")) {
    add_metadata(line, *params);
    line.uri = text_member(*params, "uri").value_or("");
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

bool is_success(std::string_view message) {
  const auto root = parse_json(message);
  return root && member(*root, "result");
}

std::string with_id(std::string_view message, std::string_view id) {
  const auto root = parse_json(message);
  const auto given = root ? member(*root, "id") : std::nullopt;
  const auto error = root ? member(*root, "error") : std::nullopt;
  if (id.empty() || !given || !given->is_null() || !error) return std::string(message);
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"error":)" + to_json(*error) + '}';
}

std::string negotiated_version(std::string_view message) {
  const auto root = parse_json(message);
  const auto result = root ? member(*root, "result") : std::nullopt;
  return std::string(result ? text_member(*result, "protocolVersion").value_or("") : "");
}

}  // namespace chat
