// What headers mean, however they come: lists in several lines, trailers, and those of answers that
// no door gave.

#include <catch2/catch.hpp>
#include <functional>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

using namespace std::chrono_literals;
using mode = command_sink::mode;

TEST_CASE("a page may read why its request was refused, whoever refused it", "[net][socket]") {
  http_node node([](http_config& c) { c.request_timeout = 100ms; });
  const std::string page = "Origin: http://localhost:5173\r\n";
  const auto head_of = [&](const std::string& origin) {
    return "POST /rpc HTTP/1.1\r\nHost: localhost\r\n" + origin;
  };
  struct row {
    std::function<std::string(const std::string&)> bytes;
    int status;
  };
  const row rows[] = {
      {[&](auto& o) { return head_of(o) + "no field\r\n\r\n"; }, 400},
      {[&](auto& o) { return head_of(o) + "Host: localhost\r\n\r\n"; }, 400},
      {[&](auto& o) { return head_of(o) + "Content-Length: 5\r\n\r\n{"; }, 408},
      {[&](auto& o) { return head_of(o) + "X: unfinished"; }, 408},
      {[&](auto& o) { return head_of(o) + "\r\n"; }, 411},
      {[&](auto& o) { return head_of(o) + "Content-Length: 1048577\r\n\r\n"; }, 413},
      {[&](auto& o) { return head_of(o) + "Transfer-Encoding: chunked\r\n\r\n100001\r\n"; }, 413},
      {[&](auto& o) {
         return head_of(o) + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
       },
       415},
      {[&](auto& o) { return head_of(o) + "Expect: cake\r\nContent-Length: 2\r\n\r\n"; }, 417},
      {[&](auto& o) { return head_of(o) + "X: " + std::string(20'000, 'x'); }, 431},
      {[&](auto& o) {
         return "GET /stream/x?" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n" +
                o + "\r\n";
       },
       431},
      {[&](auto& o) { return head_of(o) + "Transfer-Encoding: gzip\r\n\r\n"; }, 501},
      {[&](auto& o) { return head_of(o) + "Content-Length: 2\r\n\r\n{}"; }, 400},
  };
  for (const auto& r : rows) {
    CAPTURE(r.status);
    const auto answer = node.ask(r.bytes(page));
    CHECK(answer.status == r.status);
    CHECK(answer.headers.at("access-control-allow-origin") == "http://localhost:5173");
    CHECK(answer.headers.at("access-control-expose-headers") == "Mcp-Session-Id, Retry-After");
    CHECK(answer.headers.at("vary") == "Origin");
    if (r.status == 408) continue;  // looked at once a second
    for (const auto* other : {"", "Origin: https://evil.example\r\n", "Origin: null\r\n"})
      CHECK_FALSE(node.ask(r.bytes(other)).headers.contains("access-control-allow-origin"));
  }
  // Also where nobody answered at all.
  node.sink.set(mode::lose);
  const auto lost = node.ask(post("/rpc", R"({"id":1,"method":"x"})", page));
  CHECK(lost.status == 500);
  CHECK(lost.headers.at("access-control-allow-origin") == "http://localhost:5173");
}

TEST_CASE("a list header in several lines means what it means in one", "[net][socket]") {
  http_node node;
  for (const auto* lines :
       {"Connection: keep-alive, close\r\n", "Connection: keep-alive\r\nConnection: close\r\n",
        "Connection: x\r\nA: b\r\nconnection: Close\r\n"}) {
    CAPTURE(lines);
    auto client = node.connect();
    CHECK(client.ask(get("/health", lines)).headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
  }
  const auto status = [&](const std::string& bytes) { return node.ask(bytes).status; };
  // None of them is a WebSocket's key, so this gets as far as that.
  CHECK(status(get("/ws/a",
                   "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
                   "Upgrade: websocket\r\n")) == 426);
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  const auto mcp = [&](const std::string& accept) { return status(post("/mcp", ping, accept)); };
  CHECK(mcp("Accept: text/html\r\n") == 406);
  CHECK(mcp("Accept: text/html\r\nAccept: text/event-stream;q=1, application/json\r\n") == 400);
  const auto etag = node.ask(get("/")).headers.at("etag");
  CHECK(status(get("/", "If-None-Match: \"x, y\"\r\nIf-None-Match: " + etag + "\r\n")) == 304);
  CHECK(node.ask(get("/", "Accept-Encoding: br;q=0\r\nAccept-Encoding: gzip\r\n"))
            .headers.at("content-encoding") == "gzip");
  CHECK(status(post("/rpc", "{}", "Expect: 100-continue\r\nExpect: cake\r\n")) == 417);
  CHECK(status("POST /rpc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
               "Transfer-Encoding: gzip\r\n\r\n") == 400);
  // Of what is no list, two that differ are refused; the same twice is the same.
  for (const std::string name :
       {"Authorization", "Content-Type", "Origin", "Mcp-Session-Id", "Last-Event-ID"}) {
    CAPTURE(name);
    const auto one = name + ": application/json\r\n";
    CHECK(status(post("/rpc", "{}", one + name + ": application/xml\r\n")) == 400);
    if (name != "Origin")
      CHECK(text_at(node.ask(post("/rpc", "{}", one + one)).body, "/error/message") ==
            text_at(node.ask(post("/rpc", "{}", one)).body, "/error/message"));
  }
  // Trailers are no headers, neither with a new name nor as more of a list.
  auto client = node.connect();
  client.send(
      "POST /rpc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\n{}\r\n0\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_answer();
  CHECK(answer.status == 400);
  CHECK(text_at(answer.body, "/error/code") != "ORIGIN_REFUSED");
  CHECK_FALSE(answer.headers.contains("connection"));
}

}  // namespace chat::test
