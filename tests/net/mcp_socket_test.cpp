// The MCP doors on real sockets: /message in the body of the POST, and on event streams of /sse.

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

using namespace std::chrono_literals;
using mode = command_sink::mode;

namespace {

std::string mcp(std::string_view method, std::string_view params = "") {
  std::string body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + '"';
  if (!params.empty()) body.append(R"(,"params":)").append(params);
  return body + "}";
}

}  // namespace

TEST_CASE("/message negotiates the protocol version", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto version = [&](std::string params) {
    return text_at(client.ask(post("/message", mcp("initialize", params))).body,
                   "/result/protocolVersion");
  };
  for (const std::string known : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
    CHECK(version(R"({"protocolVersion":")" + known + "\"}") == known);
  CHECK(version(R"({"protocolVersion":"1999-01-01"})") == "2025-11-25");
  CHECK(version(R"({"protocolVersion":3})") == "2025-11-25");
  CHECK(version("[]") == "2025-11-25");
  CHECK(version("") == "2025-11-25");
  const auto answer = client.ask(post("/message", mcp("initialize"))).body;
  CHECK(at(answer, "/result/serverInfo") == R"({"name":"chatd","version":")" CHATD_VERSION R"("})");
  CHECK(at(answer, "/result/capabilities") ==
        R"({"tools":{},"resources":{},"prompts":{},"completions":{}})");
  const auto told = text_at(answer, "/result/instructions");
  CHECK(std::ranges::count(told, '\n') == 10);
  CHECK(told.find("newestMessageId of chat-history") != std::string::npos);
  CHECK(told.find("metadata.replayed") != std::string::npos);
}

TEST_CASE("/message answers every method, and refuses what it does not know", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto ask = [&](std::string_view body) { return client.ask(post("/message", body)); };
  CHECK(ask(mcp("ping")).body == R"({"jsonrpc":"2.0","id":1,"result":{}})");
  CHECK(ask(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").status == 202);
  CHECK(ask(mcp("nothing/known")).body.find("logging/setLevel") == std::string::npos);
  CHECK(ask(mcp("nothing/known")).body.find("tools/list") != std::string::npos);
  CHECK(ask(R"({"jsonrpc":"2.0","method":"nothing/known"})").status == 202);
  struct row {
    std::string body;
    int status;
    std::string_view code;
  };
  const row rows[] = {
      {mcp("nothing/known"), 200, "-32601"},
      {mcp("tools/call"), 200, "-32602"},
      {mcp("tools/call", "{}"), 200, "-32602"},
      {mcp("tools/call", "[]"), 200, "-32602"},
      {mcp("tools/call", R"({"name":3})"), 200, "-32602"},
      {mcp("tools/call", R"({"name":"chat-rooms","arguments":[]})"), 200, "-32602"},
      {mcp("tools/call", R"({"name":"chat-rooms","arguments":"x"})"), 200, "-32602"},
      {"", 400, "-32700"},
      {"{", 400, "-32700"},
      {"[]", 400, "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"result":{}})", 400, "-32600"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.body);
    const auto answer = ask(r.body);
    CHECK(answer.status == r.status);
    CHECK(at(answer.body, "/error/code") == r.code);
    CHECK(text_at(answer.body, "/error/data/suggestion") != "absent");
  }
  CHECK(node.sink.taken() == 0);
}

TEST_CASE("null is the same as nothing, wherever an envelope may leave something out",
          "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto code = [&](std::string_view method, std::string_view params) {
    const auto answer = client.ask(post("/message", mcp(method, params))).body;
    return at(answer, "/error/code") + ' ' + at(answer, "/result/isError");
  };
  CHECK(code("tools/call", R"({"name":"chat-rooms","arguments":null})") == "absent false");
  CHECK(code("tools/call", R"({"name":"chat-rooms","_meta":null})") == "absent false");
  for (const auto* method : {"initialize", "ping", "tools/list", "prompts/list"})
    CHECK(code(method, "null") == "absent absent");
  for (const auto* method : {"tools/list", "prompts/list", "resources/templates/list"})
    CHECK(code(method, R"({"cursor":null})") == "absent absent");
  CHECK(code("initialize", R"({"capabilities":null,"protocolVersion":null})") == "absent absent");
  const auto plain =
      client.ask(post("/rpc", R"({"jsonrpc":"2.0","id":1,"method":"chat-rooms","params":null})"));
  CHECK(at(plain.body, "/result/success") == "true");
}

TEST_CASE("tools/call wraps the CommandResult, failed ones as errors", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto call = [&](std::string params) {
    return client.ask(post("/message", mcp("tools/call", params))).body;
  };
  const auto good = call(R"({"name":"chat-rooms"})");
  CHECK(at(good, "/result/isError") == "false");
  CHECK(at(good, "/result/structuredContent/data/command") == R"("chat-rooms")");
  CHECK(at(good, "/result/content/0/type") == R"("text")");
  CHECK(text_at(good, "/result/content/0/text") == at(good, "/result/structuredContent"));
  const auto unknown = call(R"({"name":"no-such","arguments":{}})");
  CHECK(at(unknown, "/result/isError") == "true");
  CHECK(at(unknown, "/result/structuredContent/error") == R"("COMMAND_NOT_FOUND")");
  const auto invalid = call(R"({"name":"chat-poll","arguments":{}})");
  CHECK(at(invalid, "/result/isError") == "true");
  CHECK(at(invalid, "/result/structuredContent/error") == R"("VALIDATION_ERROR")");
}

TEST_CASE("tools/list has one tool a command, in the table's order", "[net][socket]") {
  http_node node;
  const auto json = node.ask(post("/message", mcp("tools/list"))).body;
  std::size_t i = 0;
  for (const auto& row : command_table()) {
    const auto tool = "/result/tools/" + std::to_string(i++);
    CAPTURE(row.name);
    CHECK(text_at(json, tool + "/name") == row.name);
    CHECK(keys(json, tool) == "name description inputSchema outputSchema annotations _meta");
    CHECK(text_at(json, tool + "/inputSchema/type") == "object");
    CHECK(at(json, tool + "/outputSchema/required") == R"(["success"])");
    CHECK(at(json, tool + "/annotations/readOnlyHint") == (row.mutation ? "false" : "true"));
    const bool posts = row.name == "chat-webhook-register" || row.name == "chat-webhook-replay";
    CHECK(at(json, tool + "/annotations/openWorldHint") == (posts ? "true" : "false"));
    CHECK(at(json, tool + "/annotations/handoff") ==
          (row.handoff_protocol.empty() ? "absent" : "true"));
    CHECK(keys(json, tool + "/_meta") == "category mutation tags examples");
  }
  CHECK(at(json, "/result/tools/" + std::to_string(i)) == "absent");
}

namespace {

// An open event stream and the path to post to.
struct event_client {
  explicit event_client(http_node& node) : socket(node.connect()) {
    socket.send(get("/sse"));
    head = socket.read_until("\r\n\r\n");
    const auto first = socket.read_until("\n\n");
    const std::string prefix = "event: endpoint\ndata: ";
    if (!first.starts_with(prefix)) throw std::runtime_error(first);
    path = first.substr(prefix.size(), first.size() - prefix.size() - 2);
  }
  http_client socket;
  std::string head;
  std::string path;
};

}  // namespace

TEST_CASE("the answer to a POST with a session goes to its stream", "[net][socket]") {
  http_node node;
  event_client a(node);
  event_client b(node);
  CHECK(a.head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(a.head.find("Content-Length") == std::string::npos);
  CHECK(a.path.starts_with("/message?sessionId="));
  CHECK(a.path != b.path);
  // The two streams are on different loops, and so are the posts.
  for (int i = 0; i < 4; ++i) {
    auto& to = i % 2 == 0 ? a : b;
    const auto answer = node.ask(post(to.path, mcp("tools/call", R"({"name":"chat-rooms"})")));
    CHECK(answer.status == 202);
    CHECK(answer.body.empty());
    const auto event = to.socket.read_until("\n\n");
    CHECK(event.starts_with("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"));
  }
  CHECK(node.ask(post(a.path, mcp("nothing/known"))).status == 202);
  CHECK(a.socket.read_until("\n\n").find("-32601") != std::string::npos);
  CHECK(node.ask(post(a.path, "{")).status == 400);
}

TEST_CASE("a session that is not there, or no more, is 404", "[net][socket]") {
  http_node node;
  std::string path;
  {
    event_client gone(node);
    path = gone.path;
  }
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 0; }));
  const auto answer = node.ask(post(path, mcp("ping")));
  CHECK(answer.status == 404);
  CHECK(text_at(answer.body, "/error/code") == "NOT_FOUND");
  CHECK(node.ask(post("/message?sessionId=x", mcp("ping"))).status == 404);
  CHECK(node.ask(post("/message?sessionId=", mcp("ping"))).status == 200);
}

TEST_CASE("an answer for a stream that has closed meanwhile goes nowhere", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto client = node.connect();
  call_ptr call;
  {
    event_client stream(node);
    client.send(post(stream.path, mcp("tools/call", R"({"name":"chat-rooms"})")));
    call = node.sink.next();
  }
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 0; }));
  command_sink::reply(*call);
  CHECK(client.read_answer().status == 202);
}

TEST_CASE("a quiet stream gets a comment now and then", "[net][socket]") {
  http_node node([](http_config& c) { c.keepalive_interval = 100ms; });
  event_client stream(node);
  CHECK(stream.socket.read_until("\n\n") == ": ping\n\n");
  CHECK(stream.socket.read_until("\n\n") == ": ping\n\n");
}

TEST_CASE("there are only so many streams", "[net][socket]") {
  http_node node([](http_config& c) {
    c.sessions = std::make_shared<mcp::sessions>(mcp::session_bounds{.streams = 2});
  });
  event_client a(node);
  std::optional<event_client> b(node);
  const auto answer = node.ask(get("/sse"));
  CHECK(answer.status == 503);
  CHECK(text_at(answer.body, "/error/code") == "OVERLOADED");
  b.reset();
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 1; }));
  event_client c(node);
}

TEST_CASE("a stream nobody reads is closed, the others do not notice", "[net][socket]") {
  http_node node({}, 1);
  auto slow = node.connect(4096);
  slow.send(get("/sse"));
  slow.read_until("endpoint\ndata: ");
  const auto path = slow.read_until("\n\n");
  event_client other(node);
  const std::string block(200'000, 'x');
  const auto session = path.substr(path.find('=') + 1, 32);
  CHECK(node.becomes([&] {
    if (const auto of = node.config.sessions->find(session, "local")) of->send(block);
    return read(node.counters.slow_consumers) == 1;
  }));
  CHECK(node.becomes([&] { return node.config.sessions->stream_count() == 1; }));
  CHECK(node.ask(post(other.path, mcp("ping"))).status == 202);
  CHECK(other.socket.read_until("\n\n").find("result") != std::string::npos);
}

}  // namespace chat::test
