#include "net/router.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

#include "model/unicode.hpp"
#include "net/asio.hpp"
#include "net/doors/doors.hpp"
#include "net/origin_check.hpp"

namespace chat {

namespace {

constexpr std::array table{
    door_row{"/", http::verb::get, open_to::all, doors::page, true, "The chat, for people"},
    door_row{"/status", http::verb::get, open_to::all, doors::page, true,
             "How the node is doing, for its operator"},
    door_row{"/assets/", http::verb::get, open_to::all, doors::page, true,
             "What the pages consist of"},
    door_row{"/health", http::verb::get, open_to::all, doors::health, false, "The node runs"},
    door_row{"/ready", http::verb::get, open_to::all, doors::ready, false,
             "The node can serve; 503 while it cannot"},
    door_row{"/metrics", http::verb::get, open_to::known_callers, doors::metrics, false,
             "What the node counts, for Prometheus; names no room and nobody"},
    door_row{"/llms.txt", http::verb::get, open_to::known_callers, doors::llms, false,
             "How an agent uses this node, as Markdown"},
    door_row{"/openapi.json", http::verb::get, open_to::known_callers, doors::openapi, false,
             "This description"},
    door_row{"/rpc", http::verb::post, open_to::known_callers, doors::rpc, false,
             "JSON-RPC 2.0: method is a command, params its input, result its CommandResult"},
    door_row{"/", http::verb::post, open_to::known_callers, doors::rpc, false,
             "The same as /rpc, for pages that were made for the public AFD example"},
    door_row{"/batch", http::verb::post, open_to::known_callers, doors::batch, false,
             "Up to 100 commands in one request"},
    door_row{"/stream/", http::verb::get, open_to::known_callers, doors::stream, false,
             "A command that changes nothing, its answer as server-sent events; ?input= is JSON"},
    door_row{"/stream/", http::verb::post, open_to::known_callers, doors::stream, false,
             "A command, its answer as server-sent events; the body is its input"},
    door_row{"/message", http::verb::post, open_to::known_callers, doors::message, false,
             "MCP: JSON-RPC 2.0, answered in the body or on the event stream of ?sessionId="},
    door_row{"/mcp", http::verb::post, open_to::known_callers, doors::mcp_post, false,
             "MCP over Streamable HTTP: a message in, its answer as JSON or as an event stream"},
    door_row{"/mcp", http::verb::get, open_to::known_callers, doors::mcp_get, false,
             "The event stream of an MCP session: what the node has to say by itself"},
    door_row{"/mcp", http::verb::delete_, open_to::known_callers, doors::mcp_delete, false,
             "Ends an MCP session"},
    door_row{"/rooms/{roomId}/events", http::verb::get, open_to::all, doors::room_events, false,
             "A room's events as server-sent events, with a token of chat-connect, transport sse"},
    door_row{"/sse", http::verb::get, open_to::known_callers, doors::sse, false,
             "The event stream of an MCP session; its first event names the path to post to"},
};

// `/rooms/{roomId}/events` stands for every path with something in place of the braces.
bool fits(std::string_view pattern, std::string_view path) {
  const auto open = pattern.find('{');
  if (open == std::string_view::npos) return false;
  const auto end = pattern.substr(pattern.find('}') + 1);
  return path.starts_with(pattern.substr(0, open)) && path.ends_with(end) &&
         path.size() > open + end.size();
}

// A path as the table has it.
std::string_view door_path(std::string_view path) {
  for (const auto& row : table)
    if (fits(row.path, path)) return row.path;
  for (const auto& row : table)
    if (row.path.size() > 1 && row.path.ends_with('/') && path.starts_with(row.path) &&
        path.size() > row.path.size())
      return row.path;
  return path.size() > 1 && path.ends_with('/') ? std::string_view() : path;
}

// Every method that a path answers to; empty for an unknown path.
std::string allowed_methods(std::string_view path) {
  std::string methods;
  for (const auto& row : table)
    if (row.path == door_path(path))
      methods += row.method == http::verb::get    ? "GET, HEAD, "
                 : row.method == http::verb::post ? "POST, "
                                                  : "DELETE, ";
  return methods.empty() ? methods : methods + "OPTIONS";
}

const door_row* find_door(std::string_view path, http::verb method) {
  if (method == http::verb::head) method = http::verb::get;
  const auto found = std::find_if(table.begin(), table.end(), [&](const door_row& row) {
    return row.path == door_path(path) && row.method == method;
  });
  return found == table.end() ? nullptr : &*found;
}

// As words for an answer: a path may hold any bytes.
std::string printable(std::string_view path) {
  return utf16_length(path) ? std::string(utf16_prefix(path, 100)) : "this path";
}

// `application/json`, whatever its parameters; no type at all passes.
bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) content_type.remove_suffix(1);
  return content_type.empty() || beast::iequals(content_type, "application/json");
}

http_response preflight(const http_request& request, const std::string& methods) {
  http_response answer{.status = 204};
  answer.headers = {{"Allow", methods}};
  if (!request.has(http::field::access_control_request_method)) return answer;
  answer.headers.emplace_back("Access-Control-Allow-Methods", methods);
  answer.headers.emplace_back("Access-Control-Allow-Headers",
                              "Content-Type, Authorization, Mcp-Session-Id, MCP-Protocol-Version, "
                              "Mcp-Method, Mcp-Name, Last-Event-ID");
  answer.headers.emplace_back("Access-Control-Max-Age", "600");
  if (!request.header("Access-Control-Request-Private-Network").empty())
    answer.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  return answer;
}

// What browsers may do with a page: nothing, unless its door says otherwise. Once seen over TLS,
// its host is not asked without again; loopback names are shared by everything one develops.
responder as_page(const http_request& request, responder respond) {
  const auto host = parse_authority(request.host());
  const bool tls_only = request.is_secure() && host && !is_loopback(host->host);
  return [respond = std::move(respond), tls_only](http_response r) {
    std::vector<std::pair<std::string, std::string>> headers = {
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"}};
    if (tls_only) headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
    r.headers.insert(r.headers.begin(), headers.begin(), headers.end());  // the last one counts
    respond(std::move(r));
  };
}

// A room's address is a WebSocket's; whoever asks for it otherwise learns how to get there.
http_response room_without_upgrade() {
  auto answer = refusal(426, make_failure(errc::invalid_request, "This is a room's WebSocket",
                                          "Call chat-connect and open its endpoint as WebSocket, "
                                          "with transport sse read /rooms/{roomId}/events, or "
                                          "read the room with chat-poll"));
  answer.headers = {{"Upgrade", "websocket"}};
  return answer;
}

http_response wrong_method(const http_request& request, const std::string& path,
                           const std::string& methods) {
  auto answer = refusal(405, make_failure(errc::method_not_allowed,
                                          std::string(request.method_name()) +
                                              " is not possible for " + printable(path),
                                          "Use one of: " + methods));
  answer.headers = {{"Allow", methods}};
  return answer;
}

// What a client that is to show who it is gets (RFC 6750, section 3).
http_response who_are_you(const failure& why, bool tried) {
  if (why.code == errc::rate_limited) return refusal(429, why);
  auto answer = refusal(401, why);
  answer.headers = {{"WWW-Authenticate", tried ? R"(Bearer realm="chatd", error="invalid_token")"
                                               : R"(Bearer realm="chatd")"}};
  return answer;
}

}  // namespace

std::span<const door_row> door_table() { return table; }

http_response nothing_at(std::string_view path) {
  return refusal(404, make_failure(errc::not_found, "There is nothing at " + printable(path)));
}

void route(http_request request, const door_context& context, seat& from, responder respond) {
  const auto path = percent_decode(request.path());
  if (!path || !percent_decode(request.query()))
    return respond(
        refusal(400, make_failure(errc::invalid_request, "The URL holds a % that starts no escape",
                                  "Write a percent sign as %25")));
  const auto methods = allowed_methods(*path);
  if (methods.empty() && (path->starts_with("/rooms/") || path->starts_with("/ws/")))
    return respond(room_without_upgrade());
  if (methods.empty()) return respond(nothing_at(*path));
  if (request.method() == http::verb::options) return respond(preflight(request, methods));
  const auto* door = find_door(*path, request.method());
  if (!door) return respond(wrong_method(request, *path, methods));
  if (door->whom == open_to::known_callers) {
    const auto shown = request.header(http::field::authorization);
    auto who = context.config.authenticate(shown, request.peer());
    if (!who) {
      add(context.config.counters.credentials_refused);
      return respond(who_are_you(who.error(), !shown.empty()));
    }
    from.make_known(who->user_id);
    request.set_caller(std::move(*who));
  }
  if (door->method == http::verb::post && !is_json(request.header(http::field::content_type)))
    return respond(
        refusal(415, make_failure(errc::unsupported_media_type, "The body is not JSON")));
  if (door->is_page) respond = as_page(request, std::move(respond));
  door->run(request, context, std::move(respond));
}

}  // namespace chat
