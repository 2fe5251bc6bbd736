#pragma once
// A client of /mcp for tests: calls, sessions and event streams.

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

inline const std::string json_headers =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";

inline std::string rpc_body(std::string_view method, std::string_view params = "",
                            std::string_view id = "1") {
  std::string body = R"({"jsonrpc":"2.0")";
  if (!id.empty()) body.append(R"(,"id":)").append(id);
  body.append(R"(,"method":")").append(method).append("\"");
  if (!params.empty()) body.append(R"(,"params":)").append(params);
  return body + "}";
}

/// One session of the era that has them.
struct mcp_session {
  explicit mcp_session(const http_node& node, std::string_view version = "2025-11-25")
      : node(node) {
    const auto begun =
        node.ask(post("/mcp",
                      rpc_body("initialize", R"({"protocolVersion":")" + std::string(version) +
                                                 R"(","capabilities":{}})"),
                      json_headers));
    if (begun.status != 200) throw std::runtime_error(begun.body);
    result = begun.body;
    id = begun.headers.at("mcp-session-id");
  }
  std::string headers() const { return json_headers + "Mcp-Session-Id: " + id + "\r\n"; }
  http_answer call(std::string_view method, std::string_view params = "",
                   std::string_view rpc_id = "1") const {
    return node.ask(post("/mcp", rpc_body(method, params, rpc_id), headers()));
  }
  http_answer end() const {
    return node.ask("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n" + headers() + "\r\n");
  }
  /// Opens its event stream.
  http_client stream() const {
    auto client = node.connect();
    client.send(get("/mcp", headers()));
    const auto head = client.read_until("\r\n\r\n");
    if (head.find("text/event-stream") == std::string::npos) throw std::runtime_error(head);
    return client;
  }

  const http_node& node;
  std::string id;
  std::string result;
};

inline std::string meta_params(std::string_view more = "", std::string_view capabilities = "{}") {
  return R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
         R"("io.modelcontextprotocol/clientCapabilities":)" +
         std::string(capabilities) + "}" + (more.empty() ? "" : ",") + std::string(more) + "}";
}
inline std::string stateless_headers(std::string_view method, std::string_view name = "") {
  auto headers = json_headers +
                 "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + std::string(method) + "\r\n";
  return name.empty() ? headers : headers + "Mcp-Name: " + std::string(name) + "\r\n";
}
/// A request of the era without sessions.
inline std::string stateless(std::string_view method, std::string_view params = "",
                             std::string_view name = "") {
  return post("/mcp", rpc_body(method, meta_params(params)), stateless_headers(method, name));
}

/// The credential is the user's id: for nodes whose callers differ.
inline void set_user(http_config& c) {
  c.authenticate = [](std::string_view authorization, const std::string& peer) {
    return result<caller>(caller{.user_id = std::string(authorization), .address = peer});
  };
}

/// The header that says so.
inline std::string as(std::string_view user) {
  return "Authorization: " + std::string(user) + "\r\n";
}

}  // namespace chat::test
