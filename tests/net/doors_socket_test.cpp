// The router and the plain doors on real sockets, with a made-up command actor behind them.

#include <catch2/catch.hpp>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

TEST_CASE("a door has a slash at its end or none", "[net][socket]") {
  http_node node;
  const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"chat-rooms"})";
  const std::string initialize =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
      R"("capabilities":{},"clientInfo":{"name":"x","version":"1"}}})";
  const std::pair<std::string, std::string> posts[] = {
      {"/rpc", call},       {"/batch", R"({"commands":[]})"}, {"/stream/chat-rooms", "{}"},
      {"/mcp", initialize}, {"/message", initialize},         {"/rpc?x=1", call},
  };
  for (const auto& [path, body] : posts) {
    CAPTURE(path);
    auto with_slash = path;
    with_slash.insert(std::min(path.find('?'), path.size()), "/");
    const auto answer = node.ask(post(with_slash, body));
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") ==
          node.ask(post(path, body)).headers.at("content-type"));
  }
  for (const std::string path :
       {"/health", "/ready", "/metrics", "/llms.txt", "/openapi.json", "/sse", "/mcp",
        "/rooms/general", "/ws/general", "/rooms/general/events", "/stream/chat-rooms"}) {
    CAPTURE(path);
    auto one = node.connect();
    auto other = node.connect();
    one.send(get(path));
    other.send(get(path + "/"));
    const bool is_stream = path == "/sse";
    CHECK(one.read_answer(is_stream).status == other.read_answer(is_stream).status);
  }
  CHECK(node.ask("OPTIONS /rpc/ HTTP/1.1\r\nHost: localhost\r\n\r\n").headers.at("allow") ==
        "POST, OPTIONS");
}

TEST_CASE("JSON-RPC at / is JSON-RPC at /rpc", "[net][socket]") {
  http_node node;
  const std::string call = R"({"jsonrpc":"2.0","id":7,"method":"chat-rooms"})";
  const auto page =
      std::string("Origin: http://localhost:5500\r\nContent-Type: application/json\r\n");
  const auto answer = node.ask(post("/", call, page));
  CHECK(answer.status == 200);
  CHECK(at(answer.body, "/id") == "7");
  CHECK(answer.headers.at("access-control-allow-origin") == "http://localhost:5500");
  CHECK(node.ask(get("/")).headers.at("content-type") == "text/html; charset=utf-8");
  // A page from a file is of no origin, as sandboxed pages of any site are: it has to be allowed.
  const std::string file = "Origin: null\r\nContent-Type: application/json\r\n";
  CHECK(node.ask(post("/", call, file)).status == 403);
  http_node open([](http_config& c) { c.origins->set(origin_policy({}, {}, {"null"})); });
  const auto allowed = open.ask(post("/", call, file));
  CHECK(allowed.status == 200);
  CHECK(allowed.headers.at("access-control-allow-origin") == "null");
  CHECK(open.ask(post("/", call, "Origin: https://evil.example\r\n")).status == 403);
}

TEST_CASE("every event stream asks proxies not to hold it back", "[net][socket]") {
  http_node node;
  const std::string listen =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
      R"("capabilities":{},"clientInfo":{"name":"x","version":"1"}}})";
  const auto session = node.ask(post("/mcp", listen)).headers.at("mcp-session-id");
  for (const auto& request :
       {get("/sse"), get("/stream/chat-rooms"), post("/stream/chat-rooms", "{}"),
        post("/stream/chat-stream", R"({"roomId":"general"})"),
        get("/mcp", "Accept: text/event-stream\r\nMcp-Session-Id: " + session + "\r\n")}) {
    CAPTURE(request);
    auto client = node.connect();
    client.send(request);
    const auto head = client.read_answer(true);
    CHECK(head.headers.at("content-type") == "text/event-stream");
    CHECK(head.headers.at("x-accel-buffering") == "no");
  }
}

TEST_CASE("paths, methods and content types nobody serves are refused as JSON", "[net][socket]") {
  http_node node;
  struct row {
    std::string bytes;
    int status;
    std::string_view code;
    std::string_view allow = "";
  };
  const auto method = [](std::string name, std::string path) {
    return name + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  };
  const std::string json = "Content-Type: application/json\r\n";
  const row rows[] = {
      {get("/nowhere"), 404, "NOT_FOUND"},
      {get("/health//"), 404, "NOT_FOUND"},
      {get("/rooms/general"), 426, "INVALID_REQUEST"},
      {get("/ws/general"), 426, "INVALID_REQUEST"},
      {get("//health"), 404, "NOT_FOUND"},
      {get("/HEALTH"), 404, "NOT_FOUND"},
      {get("/rpc%00"), 404, "NOT_FOUND"},
      {get("/\xff\xfe"), 404, "NOT_FOUND"},
      {get("/../etc/passwd"), 404, "NOT_FOUND"},
      {get("nowhere"), 404, "NOT_FOUND"},
      {method("OPTIONS", "/nowhere"), 404, "NOT_FOUND"},
      {method("CONNECT", "localhost:80"), 404, "NOT_FOUND"},
      {get("/%"), 400, "INVALID_REQUEST"},
      {get("/%zz"), 400, "INVALID_REQUEST"},
      {get("/health?x=%1"), 400, "INVALID_REQUEST"},
      {get("/rpc"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {get("/message"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {get("/batch"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {post("/batch", "{"), 400, "INVALID_BATCH_REQUEST"},
      {get("/stream"), 404, "NOT_FOUND"},
      {get("/stream/"), 404, "NOT_FOUND"},
      {get("/stream/chat-send"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {get("/stream/afd-batch"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {get("/stream/chat-rooms?input=%7B"), 400, "INVALID_REQUEST"},
      {method("DELETE", "/stream/chat-rooms"), 405, "METHOD_NOT_ALLOWED",
       "GET, HEAD, POST, OPTIONS"},
      {post("/llms.txt", "{}"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"},
      {post("/openapi.json", "{}"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"},
      {method("HEAD", "/rpc"), 405, "", "POST, OPTIONS"},
      {method("DELETE", "/rpc"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {method("PUT", "/rpc"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {method("BREW", "/rpc"), 405, "METHOD_NOT_ALLOWED", "POST, OPTIONS"},
      {method("TRACE", "/health"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"},
      {post("/health", "{}"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"},
      {post("/sse", "{}"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"},
      {post("/rpc", "{}", "Content-Type: text/plain\r\n"), 415, "UNSUPPORTED_MEDIA_TYPE"},
      {post("/rpc", "{}", "Content-Type: application/jsonp\r\n"), 415, "UNSUPPORTED_MEDIA_TYPE"},
      {post("/message", "{}", "Content-Type: multipart/form-data; boundary=x\r\n"), 415,
       "UNSUPPORTED_MEDIA_TYPE"},
      {post("/rpc", "{}", "Content-Type: application/x-www-form-urlencoded\r\n"), 415,
       "UNSUPPORTED_MEDIA_TYPE"},
      {get("/health", "Origin: http://evil.example\r\n"), 403, "ORIGIN_REFUSED"},
      {post("/rpc", "{}", json + "Origin: null\r\n"), 403, "ORIGIN_REFUSED"},
      {get("/health", "Sec-Fetch-Site: cross-site\r\n"), 403, "ORIGIN_REFUSED"},
      {get("http://evil.example/health"), 403, "HOST_REFUSED"},
      {"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "HOST_REFUSED"},
      {"GET /health HTTP/1.1\r\nHost:\r\n\r\n", 403, "HOST_REFUSED"},
  };
  auto client = node.connect();  // one for all: none of these ends a connection
  for (const auto& r : rows) {
    CAPTURE(r.bytes);
    client.send(r.bytes);
    const auto answer = client.read_answer(r.code.empty());
    CHECK(answer.status == r.status);
    CHECK(answer.headers.at("content-type") == "application/json");
    CHECK_FALSE(answer.headers.contains("access-control-allow-origin"));
    if (!r.code.empty()) {
      CHECK(text_at(answer.body, "/error/code") == r.code);
      CHECK(text_at(answer.body, "/error/suggestion").size() > 10);
    }
    if (!r.allow.empty()) CHECK(answer.headers.at("allow") == r.allow);
  }
  CHECK(read(node.counters.http_refused) == std::size(rows));
  CHECK(node.sink.taken() == 0);
}

TEST_CASE("JSON is taken with parameters or without any type", "[net][socket]") {
  http_node node;
  const std::string body = R"({"id":1,"method":"chat-rooms"})";
  for (const std::string headers :
       {"", "Content-Type: application/json; charset=utf-8\r\n",
        "Content-Type: Application/JSON ;charset=utf-8\r\n", "Content-Type:\r\n",
        "Content-Type: application/json\r\nSec-Fetch-Mode: cors\r\n"}) {
    CAPTURE(headers);
    CHECK(node.ask(post("/rpc", body, headers)).status == 200);
  }
}

TEST_CASE("a page of this machine may ask and read the answer", "[net][socket]") {
  http_node node;
  const std::string origin = "Origin: http://localhost:5173\r\n";
  auto client = node.connect();
  client.send("OPTIONS /rpc HTTP/1.1\r\nHost: localhost\r\n" + origin +
              "Access-Control-Request-Method: POST\r\n"
              "Access-Control-Request-Headers: content-type\r\n\r\n");
  auto preflight = client.read_answer().headers;
  CHECK(preflight["access-control-allow-origin"] == "http://localhost:5173");
  CHECK(preflight["access-control-allow-methods"] == "POST, OPTIONS");
  CHECK(preflight["access-control-allow-headers"] ==
        "Content-Type, Authorization, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, "
        "Last-Event-ID");
  CHECK(preflight["access-control-max-age"] == "600");
  CHECK(preflight["vary"] == "Origin");
  for (const auto& bytes : {rpc("1"), get("/health"), get("/nowhere")}) {
    auto with_origin = bytes;
    with_origin.insert(with_origin.find("\r\n") + 2, origin);
    CHECK(client.ask(with_origin).headers.at("access-control-allow-origin") ==
          "http://localhost:5173");
    CHECK_FALSE(client.ask(bytes).headers.contains("access-control-allow-origin"));
  }
  client.send("OPTIONS /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto plain = client.read_answer();
  CHECK(plain.status == 204);
  CHECK(plain.headers.at("allow") == "GET, HEAD, OPTIONS");
  CHECK(client
            .ask("OPTIONS /rpc HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
                 "Access-Control-Request-Method: POST\r\n\r\n")
            .status == 403);
}

TEST_CASE("/health says who it is", "[net][socket]") {
  http_node node;
  const auto answer = node.ask(get("/health"));
  CHECK(answer.body == R"({"status":"ok","name":"chatd","version":")" CHATD_VERSION R"("})");
  CHECK_FALSE(answer.headers.contains("content-security-policy"));
}

TEST_CASE("/ready fails with its reason while the node cannot serve", "[net][socket]") {
  std::atomic<bool> failing = false;
  http_node node([&](http_config& c) {
    c.not_ready = [&]() -> std::optional<failure> {
      if (!failing) return std::nullopt;
      return make_failure(errc::storage_unavailable, "The disk is full");
    };
  });
  CHECK(node.ask(get("/ready")).status == 200);
  failing = true;
  const auto answer = node.ask(get("/ready"));
  CHECK(answer.status == 503);
  CHECK(text_at(answer.body, "/error/code") == "STORAGE_UNAVAILABLE");
  CHECK(text_at(answer.body, "/error/message") == "The disk is full");
  failing = false;
  CHECK(node.ask(get("/ready")).status == 200);
}

TEST_CASE("/rpc answers with the whole CommandResult, whatever it says", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const auto ask = [&](std::string_view body) { return client.ask(post("/rpc", body)); };
  CHECK(ask(R"({"jsonrpc":"2.0","id":"a","method":"chat-rooms","params":{}})").body ==
        R"({"jsonrpc":"2.0","id":"a","result":{"success":true,"data":{"command":"chat-rooms",)"
        R"("base":"ws://localhost"}}})");
  CHECK(ask(R"({"id":1.50,"method":"no-such"})").body ==
        R"({"jsonrpc":"2.0","id":1.50,"result":{"success":false,"error":"COMMAND_NOT_FOUND"}})");
  for (const std::string params : {"[]", "3", "\"x\"", R"({"limit":"ten"})"}) {
    CAPTURE(params);
    const auto answer = ask(R"({"id":1,"method":"chat-rooms","params":)" + params + "}");
    CHECK(answer.status == 200);
    CHECK(text_at(answer.body, "/result/error") == "VALIDATION_ERROR");
  }
  CHECK(at(ask(R"({"id":1,"method":"chat-rooms","params":null})").body, "/result/success") ==
        "true");
  CHECK(ask("{").status == 400);
  CHECK(at(ask("").body, "/error/code") == "-32700");
  CHECK(at(ask(R"({"id":5})").body, "/id") == "5");
  CHECK(at(ask("[]").body, "/error/code") == "-32600");
}

TEST_CASE("a notification runs and is answered 202 without a body", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  for (const std::string path : {"/rpc", "/message"}) {
    const auto method =
        path == "/rpc" ? R"("chat-rooms")" : R"("tools/call","params":{"name":"chat-rooms"})";
    const auto before = node.sink.taken();
    const auto answer =
        client.ask(post(path, std::string(R"({"jsonrpc":"2.0","method":)") + method + "}"));
    CHECK(answer.status == 202);
    CHECK(answer.body.empty());
    CHECK(node.sink.taken() == before + 1);
  }
}

TEST_CASE("handoffs name the public URL, or where the client found the node", "[net][socket]") {
  http_node here;
  const auto base = [](http_node& node, std::string head) {
    const std::string body = R"({"id":1,"method":"chat-rooms"})";
    return text_at(
        node.ask(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body).body,
        "/result/data/base");
  };
  CHECK(base(here, "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:3199\r\n") == "ws://127.0.0.1:3199");
  CHECK(base(here, "POST /rpc HTTP/1.0\r\n") == "ws://127.0.0.1:3100");
  http_node there([](http_config& c) { c.public_urls = {{true, "chat.example", ""}}; });
  CHECK(base(there, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n") == "wss://chat.example");
}

}  // namespace chat::test
