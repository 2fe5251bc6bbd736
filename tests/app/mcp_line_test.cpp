// What `chatd mcp` reads of a message before it goes on to a node.

#include "app/mcp_line.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

namespace {

std::string header(const mcp_line& line, std::string_view name) {
  for (const auto& [key, value] : line.headers)
    if (key == name) return value;
  return "none";
}

mcp_line stateless_line(std::string_view method, std::string_view params) {
  return *read_mcp_line(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                        R"(","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":)"
                        R"("2026-07-28"},)" +
                        std::string(params) + "}}");
}

}  // namespace

TEST_CASE("a line says what kind of message it is", "[net]") {
  const auto call = *read_mcp_line(R"({"id":"a b","method":"ping"})");
  CHECK(call.id == R"("a b")");
  CHECK(call.is_in_session());
  CHECK(!call.is_response);
  CHECK(header(call, "Mcp-Method") == "none");
  CHECK(!read_mcp_line(R"({"id":1,"method":"initialize"})")->is_in_session());
  CHECK(read_mcp_line(R"({"id":1,"result":{}})")->is_response);
  CHECK(read_mcp_line(R"({"method":"notifications/cancelled","params":{"requestId":7}})")
            ->cancelled_id == "7");
  CHECK(read_mcp_line("{").error().code == rpc_code::parse_error);
  CHECK(read_mcp_line("[]").error().code == rpc_code::invalid_request);
}

TEST_CASE("headers repeat what the body says, encoded where need be", "[net]") {
  const auto call = stateless_line("tools/call", R"("name":"chat-rooms")");
  CHECK(!call.is_in_session());
  CHECK(header(call, "MCP-Protocol-Version") == "2026-07-28");
  CHECK(header(call, "Mcp-Method") == "tools/call");
  CHECK(header(call, "Mcp-Name") == "chat-rooms");
  CHECK(header(stateless_line("resources/read", R"("uri":"chat://rooms")"), "Mcp-Name") ==
        "chat://rooms");
  CHECK(header(stateless_line("tools/call", R"("name":"grüß")"), "Mcp-Name") ==
        "=?base64?Z3LDvMOf?=");
  CHECK(header(stateless_line("tools/call", R"("name":"a\nb")"), "Mcp-Name") == "=?base64?YQpi?=");
}

TEST_CASE("an answer is known by its id", "[net]") {
  CHECK(is_answer_to(R"({"id":1,"result":{}})", "1"));
  CHECK(is_answer_to(R"({"id":null,"error":{}})", "1"));
  CHECK(!is_answer_to(R"({"id":2,"result":{}})", "1"));
  CHECK(!is_answer_to(R"({"id":1,"method":"sampling/createMessage"})", "1"));
  CHECK(negotiated_version(R"({"result":{"protocolVersion":"2025-06-18"}})") == "2025-06-18");
  CHECK(negotiated_version("{").empty());
}

}  // namespace chat::test
