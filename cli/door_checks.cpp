// What `afd validate` asks the doors (contract, section 1 and 8).

#include <array>

#include "cli/inspection.hpp"

namespace chat::cli {

namespace {

std::string answered(const node_client::answer& a) {
  if (a.status == 0) return "no answer: " + a.problem;
  return "HTTP " + std::to_string(a.status) + ", " + shown(body_of(a));
}

verdict health(inspection& i) {
  const auto a = i.send("GET", "/health");
  const auto body = body_of(a);
  const bool is_well = a.status == 200 && text_at(body, "status") == "ok" &&
                       !text_at(body, "name").empty() && !text_at(body, "version").empty();
  return is_well ? fine() : off("expected 200 with status, name, version; " + answered(a));
}

verdict ready(inspection& i) {
  const auto a = i.send("GET", "/ready");
  return a.status == 200 ? fine() : off("expected 200; " + answered(a));
}

// Browsers leave out the port that goes without saying.
std::string own_origin(const inspection& i) {
  auto origin = i.node.address().origin();
  const std::string usual = i.node.address().tls ? ":443" : ":80";
  if (origin.ends_with(usual)) origin.resize(origin.size() - usual.size());
  return origin;
}

verdict preflight(inspection& i) {
  const auto origin = own_origin(i);
  const auto a = i.send("OPTIONS", "/rpc", {},
                        {{"Origin", origin},
                         {"Access-Control-Request-Method", "POST"},
                         {"Access-Control-Request-Headers", "content-type"}});
  if (a.status / 100 != 2) return off("expected 2xx for the node's own pages; " + answered(a));
  const bool is_allowed = a.allowed_origin == origin || a.allowed_origin == "*";
  return is_allowed ? fine() : off("Access-Control-Allow-Origin is '" + a.allowed_origin + '\'');
}

verdict foreign(inspection& i, const char* header, const char* value) {
  const auto a =
      i.post("/rpc", R"({"jsonrpc":"2.0","id":1,"method":"chat-rooms"})", {{header, value}});
  return a.status == 403 ? fine() : off("expected 403; " + answered(a));
}

verdict foreign_origin(inspection& i) { return foreign(i, "Origin", "http://foreign.example"); }
verdict foreign_host(inspection& i) { return foreign(i, "Host", "foreign.example"); }

verdict refused_rpc(inspection& i, const std::string& body, int code) {
  const auto a = i.post("/rpc", body);
  const bool is_so = a.status == 400 && at(at(body_of(a), "error"), "code") == code;
  return is_so ? fine() : off("expected 400 and code " + std::to_string(code) + "; " + answered(a));
}

verdict rpc_no_json(inspection& i) { return refused_rpc(i, "{\"jsonrpc\":", -32700); }
verdict rpc_no_method(inspection& i) {
  return refused_rpc(i, R"({"jsonrpc":"2.0","id":1,"params":{}})", -32600);
}

verdict rpc_id(inspection& i) {
  for (const char* id : {"7", "\"a b\"", "null"}) {
    const auto a =
        i.post("/rpc", R"({"jsonrpc":"2.0","method":"chat-rooms","id":)" + std::string(id) + '}');
    const auto body = body_of(a);
    if (a.status != 200 || !body.contains("id") || body["id"] != json::parse(id))
      return off("id " + std::string(id) + " does not come back; " + answered(a));
  }
  return fine();
}

verdict rpc_notification(inspection& i) {
  const auto a = i.post("/rpc", R"({"jsonrpc":"2.0","method":"chat-rooms"})");
  return a.status == 202 && a.body.empty() ? fine()
                                           : off("expected 202 and no body; " + answered(a));
}

verdict unknown_command(inspection& i) {
  const auto a = i.post("/rpc", R"({"jsonrpc":"2.0","id":1,"method":"chat-romms"})");
  const auto result = at(body_of(a), "result");
  if (a.status != 200 || code_of(result) != "COMMAND_NOT_FOUND")
    return off("expected 200 and COMMAND_NOT_FOUND; " + answered(a));
  const auto suggestion = text_at(at(result, "error"), "suggestion");
  return suggestion.find("chat-rooms") != std::string::npos
             ? fine()
             : off("the suggestion for chat-romms does not name chat-rooms: " + suggestion);
}

verdict message_initialize(inspection& i) {
  const auto a = i.post("/message", R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{)"
                                    R"("protocolVersion":"2024-11-05","capabilities":{},)"
                                    R"("clientInfo":{"name":"afd","version":"1"}}})");
  const auto result = at(body_of(a), "result");
  const bool is_so = a.status == 200 && text_at(result, "protocolVersion") == "2024-11-05" &&
                     !text_at(at(result, "serverInfo"), "name").empty();
  return is_so ? fine() : off("expected the result of initialize; " + answered(a));
}

verdict message_unknown_tool(inspection& i) {
  const auto a = i.post("/message", R"({"jsonrpc":"2.0","id":1,"method":"tools/call",)"
                                    R"("params":{"name":"no-such-tool","arguments":{}}})");
  const auto result = at(body_of(a), "result");
  return is_true(at(result, "isError")) && command_result_of(result)
             ? fine()
             : off("expected a result with isError and a CommandResult; " + answered(a));
}

verdict sse_endpoint(inspection& i) {
  std::string first;
  const auto a = i.node.send("GET", "/sse", {}, {{"Accept", "text/event-stream"}}, [&](auto data) {
    first = data;
    return false;
  });
  if (first.empty()) return off("the stream does not begin; " + answered(a));
  return first.starts_with('/') && first.find("ession") != std::string::npos
             ? fine()
             : off("the first event is no path with a session: " + first);
}

verdict mcp_session(inspection& i) {
  const client_headers accept{{"Accept", "application/json, text/event-stream"}};
  std::string answer_text;
  const auto a = i.node.send("POST", "/mcp",
                             R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{)"
                             R"("protocolVersion":"2025-06-18","capabilities":{},)"
                             R"("clientInfo":{"name":"afd","version":"1"}}})",
                             {{"Content-Type", "application/json"}, accept[0]}, [&](auto data) {
                               answer_text = data;
                               return false;
                             });
  if (answer_text.empty()) answer_text = a.body;
  const auto body = json::parse(answer_text, nullptr, false);
  if (text_at(at(body, "result"), "protocolVersion") != "2025-06-18")
    return off("initialize is not answered with the version asked for; " + answered(a));
  if (a.session.empty()) return fine();  // a node may do without sessions
  const client_headers session{
      {"Mcp-Session-Id", a.session}, {"MCP-Protocol-Version", "2025-06-18"}, accept[0]};
  const auto told =
      i.post("/mcp", R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session);
  i.send("DELETE", "/mcp", {}, session);
  if (told.status != 202) return off("expected 202 for a notification; " + answered(told));
  const auto after = i.post("/mcp", R"({"jsonrpc":"2.0","id":2,"method":"ping"})", session);
  return after.status == 404 ? fine()
                             : off("expected 404 once the session is ended; " + answered(after));
}

constexpr std::array all_door_checks{
    check{"GET /health has status, name and version", "1", health},
    check{"GET /ready answers 200", "1", ready},
    check{"preflight from the node's own pages is answered", "1", preflight},
    check{"a foreign Origin is refused with 403", "1", foreign_origin},
    check{"a foreign Host is refused with 403", "1", foreign_host},
    check{"/rpc: what is no JSON is 400, -32700", "1", rpc_no_json},
    check{"/rpc: no method is 400, -32600", "1", rpc_no_method},
    check{"/rpc: the id comes back as it was", "1", rpc_id},
    check{"/rpc: a notification gets 202 and no body", "1", rpc_notification},
    check{"/rpc: an unknown command names the nearest", "1", unknown_command},
    check{"/message: initialize", "1", message_initialize},
    check{"/message: an unknown tool is a result with isError", "2", message_unknown_tool},
    check{"/sse begins with its endpoint", "1", sse_endpoint},
    check{"/mcp: initialize, notification, end of session", "8", mcp_session},
};

}  // namespace

std::span<const check> door_checks() { return all_door_checks; }

}  // namespace chat::cli
