// POST /mcp without sessions (2026-07-28).

#include <catch2/catch.hpp>

#include "net/mcp/stateless.hpp"
#include "tests/net/mcp_client.hpp"

namespace chat::test {

TEST_CASE("server/discover tells what there is", "[net][socket]") {
  http_node node;
  const auto answer = node.ask(stateless("server/discover"));
  CHECK(answer.status == 200);
  CHECK(at(answer.body, "/result/supportedVersions") ==
        R"(["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"])");
  CHECK(text_at(answer.body, "/result/resultType") == "complete");
  CHECK(text_at(answer.body, "/result/cacheScope") == "public");
  CHECK(at(answer.body, "/result/ttlMs") == "300000");
  CHECK(text_at(answer.body, "/result/_meta/io.modelcontextprotocol~1serverInfo/name") == "chatd");
  CHECK(!answer.headers.contains("mcp-session-id"));
  CHECK(node.config.sessions->size() == 0);
}

TEST_CASE("what a stateless request must carry is checked", "[net][socket]") {
  http_node node;
  const std::string good = stateless_headers("tools/call", "chat-rooms");
  const std::string bare = json_headers + "MCP-Protocol-Version: 2026-07-28\r\n";
  const auto call = meta_params(R"("name":"chat-rooms")");
  struct row {
    std::string headers;
    std::string method;
    std::string params;
    int status;
    std::string_view code;
  };
  const row rows[] = {
      {good, "tools/call", call, 200, "absent"},
      {json_headers + "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\n"
                      "mcp-name:  chat-rooms \r\n",
       "tools/call", call, 200, "absent"},
      {json_headers + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
                      "Mcp-Name: =?base64?Y2hhdC1yb29tcw==?=\r\n",
       "tools/call", call, 200, "absent"},
      {stateless_headers("tools/call", "=?base64?Y2hhdC1yb29tcw?="), "tools/call", call, 400,
       "-32020"},
      {stateless_headers("tools/call", "chat-poll"), "tools/call", call, 400, "-32020"},
      {stateless_headers("tools/call"), "tools/call", call, 400, "-32020"},
      {stateless_headers("TOOLS/CALL", "chat-rooms"), "tools/call", call, 400, "-32020"},
      {bare, "tools/list", meta_params(), 400, "-32020"},
      {json_headers, "tools/list", meta_params(), 400, "-32020"},
      {bare, "tools/list", "", 400, "-32602"},
      {bare, "tools/list", R"({"_meta":{}})", 400, "-32602"},
      {bare, "tools/list", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})",
       400, "-32602"},
      {stateless_headers("initialize"), "initialize", meta_params(), 404, "-32601"},
      {stateless_headers("ping"), "ping", meta_params(), 404, "-32601"},
      {stateless_headers("resources/subscribe"), "resources/subscribe", meta_params(), 404,
       "-32601"},
      {stateless_headers("logging/setLevel"), "logging/setLevel", meta_params(), 404, "-32601"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.headers, r.params);
    const auto answer = node.ask(post("/mcp", rpc_body(r.method, r.params), r.headers));
    CHECK(answer.status == r.status);
    CHECK(at(answer.body, "/error/code") == r.code);
    CHECK(at(answer.body, "/id") == "1");
  }
}

TEST_CASE("an unknown version is refused with those that are known", "[net][socket]") {
  http_node node;
  const auto answer = node.ask(
      post("/mcp",
           rpc_body("tools/list", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"v9",)"
                                  R"("io.modelcontextprotocol/clientCapabilities":{}}})"),
           json_headers + "MCP-Protocol-Version: v9\r\n"));
  CHECK(answer.status == 400);
  CHECK(at(answer.body, "/error/code") == "-32022");
  CHECK(text_at(answer.body, "/error/data/requested") == "v9");
  CHECK(text_at(answer.body, "/error/data/supported/0") == "2026-07-28");
  const auto by_header = node.ask(
      post("/mcp", rpc_body("tools/list", "{}"), json_headers + "MCP-Protocol-Version: v9\r\n"));
  CHECK(at(by_header.body, "/error/code") == "-32022");
  CHECK(text_at(by_header.body, "/error/data/requested") == "v9");
}

TEST_CASE("subscriptions/listen acknowledges, then notifies", "[net][socket]") {
  http_node node;
  node.sink.set(command_sink::mode::keep);
  std::optional<http_client> client(node.connect());
  client->send(stateless(
      "subscriptions/listen",
      R"("notifications":{"toolsListChanged":true,)"
      R"("resourceSubscriptions":["chat://rooms/general","chat://rooms/secret","file:///x"]})"));
  const auto general = node.sink.next();
  const auto secret = node.sink.next();
  CHECK(secret->input->input.text("roomId") == "secret");
  secret->answer({R"({"success":false,"error":{"code":"ROOM_NOT_FOUND"}})", false});
  general->answer({R"({"success":true,"data":{"messages":[]}})", true});
  client->read_until("\r\n\r\n");
  CHECK(client->read_until("\n\n") ==
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":"
        "\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":"
        "{\"io.modelcontextprotocol/subscriptionId\":1},\"notifications\":"
        "{\"resourceSubscriptions\":[\"chat://rooms/general\"]}}}\n\n");
  node.sink.next()->answer(
      {R"({"success":true,"data":{"lastMessageId":"m0000000000000001"}})", true});
  CHECK(client->read_until("\n\n") ==
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\","
        "\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":1},"
        "\"uri\":\"chat://rooms/general\"}}\n\n");
  CHECK(node.config.sessions->stream_count() == 1);
  client.reset();
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 0; }));
}

TEST_CASE("subscriptions/listen refuses what it cannot stream", "[net][socket]") {
  http_node node;
  const auto ask = [&](std::string_view params, std::string_view accept) {
    return node.ask(post("/mcp", rpc_body("subscriptions/listen", meta_params(params)),
                         "Content-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                         "Mcp-Method: subscriptions/listen\r\nAccept: " +
                             std::string(accept) + "\r\n"));
  };
  CHECK(ask(R"("notifications":{})", "application/json").status == 406);
  CHECK(at(ask("", "*/*").body, "/error/code") == "-32602");
  CHECK(at(ask(R"("notifications":{"resourceSubscriptions":[1]})", "*/*").body, "/error/code") ==
        "-32602");
}

TEST_CASE("header values are decoded as they were encoded", "[net]") {
  using mcp::decode_header_value;
  CHECK(decode_header_value("us-west1") == "us-west1");
  CHECK(decode_header_value("=?base64?SGVsbG8=?=") == "Hello");
  CHECK(decode_header_value("=?base64?IHBhZGRlZCA=?=") == " padded ");
  CHECK(decode_header_value("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=") == "=?base64?literal?=");
  CHECK(decode_header_value("=?base64?SGVsbG8?=") == std::nullopt);
  CHECK(decode_header_value("=?base64?SGVs!!!bG8=?=") == std::nullopt);
  CHECK(decode_header_value("=?base64?SGVsbG8=") == "=?base64?SGVsbG8=");
  CHECK(decode_header_value("=?base64?=") == "=?base64?=");
}

}  // namespace chat::test
