// JSON-RPC batches (2.0, section 6) at /rpc and /message, and in MCP sessions that have them.

#include <catch2/catch.hpp>

#include "tests/net/mcp_client.hpp"

namespace chat::test {

namespace {

std::string call(std::string_view id, std::string_view method = "chat-rooms") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
         "\"}";
}
const std::string notice = R"({"jsonrpc":"2.0","method":"chat-rooms"})";

}  // namespace

TEST_CASE("a batch is answered call by call, under their ids", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto answer = client.ask(post("/rpc", " [ " + call("18446744073709551616") + ",3, " +
                                                  notice + " ," + call(R"("a,]\"[")", "no-such") +
                                                  R"(,{"jsonrpc":"2.0","id":7}] )"));
  CHECK(answer.status == 200);
  const auto& all = answer.body;
  CHECK(all.starts_with(R"([{"jsonrpc":"2.0","id":18446744073709551616,"result":{"success":true)"));
  CHECK(at(all, "/1/id") + at(all, "/1/error/code") == "null-32600");
  CHECK(text_at(all, "/2/id") == "a,]\"[");
  CHECK(text_at(all, "/2/result/error") == "COMMAND_NOT_FOUND");
  CHECK(at(all, "/3/id") + at(all, "/3/error/code") == "7-32600");
  CHECK(at(all, "/4") == "absent");
  CHECK(node.sink.taken() == 3);  // each counts as one call
  const auto tools = client.ask(post("/message", "[" + call("1", "ping") + "]"));
  CHECK(tools.body == R"([{"jsonrpc":"2.0","id":1,"result":{}}])");
}

TEST_CASE("a batch of notifications is answered by nothing, when they have run", "[net][socket]") {
  http_node node;
  const auto answer = node.ask(post("/rpc", "[" + notice + "," + notice + "]"));
  CHECK(answer.status == 202);
  CHECK(answer.body.empty());
  CHECK(node.sink.taken() == 2);
}

TEST_CASE("a batch that is none, or too long, is one failure", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto code = [&](const std::string& body) {
    const auto answer = client.ask(post("/rpc", body));
    return std::to_string(answer.status) + ' ' + at(answer.body, "/error/code");
  };
  const auto many = [&](std::size_t count) {
    std::string all = "[" + call("1");
    for (std::size_t i = 1; i < count; ++i) all += "," + call("1");
    return all + "]";
  };
  CHECK(code("[]") == "400 -32600");
  CHECK(code("[" + call("1") + ",]") == "400 -32700");
  CHECK(code("[" + call("1")) == "400 -32700");
  CHECK(node.sink.taken() == 0);
  CHECK(code(many(limits::rpc_batch_max)) == "200 absent");
  CHECK(code(many(limits::rpc_batch_max + 1)) == "400 -32600");
  CHECK(node.sink.taken() == limits::rpc_batch_max);
}

TEST_CASE("a batch waits for its slowest call", "[net][socket]") {
  http_node node;
  node.sink.set(command_sink::mode::keep);
  auto client = node.connect();
  client.send(post("/rpc", "[" + call("1") + "," + call("2") + "]"));
  const auto first = node.sink.next();
  node.sink.next()->answer({R"({"n":2})", true});
  first->answer({R"({"n":1})", true});
  CHECK(client.read_answer().body == R"([{"jsonrpc":"2.0","id":1,"result":{"n":1}},)"
                                     R"({"jsonrpc":"2.0","id":2,"result":{"n":2}}])");
}

TEST_CASE("sessions of the revisions that have batches take them", "[net][socket]") {
  http_node node;
  const auto batch = "[" + rpc_body("ping") +
                     R"(,{"jsonrpc":"2.0","method":"notifications/initialized"},)"
                     R"({"jsonrpc":"2.0","id":"ask-1","result":{}},)" +
                     rpc_body("initialize", "{}", "2") + "]";
  for (const auto* version : {"2024-11-05", "2025-03-26"}) {
    const mcp_session session(node, version);
    const auto answer = node.ask(post("/mcp", batch, session.headers()));
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "application/json");
    CHECK(at(answer.body, "/0") == R"({"jsonrpc":"2.0","id":1,"result":{}})");
    CHECK(at(answer.body, "/1/id") + at(answer.body, "/1/error/code") == "2-32600");
    CHECK(at(answer.body, "/2") == "absent");
    CHECK(node.ask(post("/mcp", R"([{"jsonrpc":"2.0","method":"notifications/initialized"}])",
                        session.headers()))
              .status == 202);
  }
  for (const auto* version : {"2025-06-18", "2025-11-25"}) {
    const auto refused = node.ask(post("/mcp", batch, mcp_session(node, version).headers()));
    CHECK(refused.status == 400);
    CHECK(text_at(refused.body, "/error/data/suggestion").find("2025-03-26") != std::string::npos);
  }
  CHECK(node.ask(post("/mcp", batch, json_headers)).status == 400);
}

}  // namespace chat::test
