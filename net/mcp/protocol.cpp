#include "net/mcp/protocol.hpp"

#include <algorithm>

#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace chat::mcp {

namespace {

constexpr std::array<std::string_view, 8> level_names{"debug", "info",     "notice", "warning",
                                                      "error", "critical", "alert",  "emergency"};

}  // namespace

bool is_session_version(std::string_view version) {
  return std::ranges::find(session_versions, version) != session_versions.end();
}

std::string_view negotiated(std::string_view asked) {
  const auto known = std::ranges::find(session_versions, asked);
  return known == session_versions.end() ? session_versions.back() : *known;
}

std::string supported_versions() {
  std::string out;
  json_writer json(out);
  json.begin_array().string(stateless_version);
  for (auto version = session_versions.rbegin(); version != session_versions.rend(); ++version)
    json.string(*version);
  json.end_array();
  return out;
}

std::string_view to_string(log_level level) {
  return level_names.at(static_cast<std::size_t>(level));
}

std::optional<log_level> parse_log_level(std::string_view text) {
  const auto found = std::ranges::find(level_names, text);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<log_level>(found - level_names.begin());
}

client_features read_client_features(std::optional<simdjson::dom::element> capabilities) {
  const auto declares = [&](std::string_view name) {
    const auto declared = capabilities ? member(*capabilities, name) : std::nullopt;
    return declared && declared->is_object();
  };
  return {declares("sampling"), declares("elicitation"), declares("roots")};
}

std::string notification(std::string_view method, std::string_view params) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("jsonrpc", "2.0").field("method", method);
  json.key("params").raw(params).end_object();
  return out;
}

std::string request(std::string_view id, std::string_view method, std::string_view params) {
  std::string out;
  json_writer json(out);
  json.begin_object().field("jsonrpc", "2.0").key("id").raw(id).field("method", method);
  json.key("params").raw(params).end_object();
  return out;
}

std::string with_members(std::string_view object, std::string_view members) {
  std::string out = "{";
  out.reserve(object.size() + members.size() + 2);
  out.append(members);
  object.remove_prefix(1);
  if (!members.empty() && !object.starts_with('}')) out += ',';
  return out.append(object);
}

}  // namespace chat::mcp
