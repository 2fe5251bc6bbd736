// HTTP connections on real sockets: framing, order, limits, deadlines, the end.

#include <catch2/catch.hpp>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

using namespace std::chrono_literals;
using mode = command_sink::mode;

namespace {

std::string code_of(const http_answer& answer) { return text_at(answer.body, "/error/code"); }
std::string result_id(const http_answer& answer) { return at(answer.body, "/id"); }

}  // namespace

TEST_CASE("a connection serves one request after the other", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.ask(rpc(std::to_string(i)));
    REQUIRE(answer.status == 200);
    REQUIRE(result_id(answer) == std::to_string(i));
    REQUIRE_FALSE(answer.headers.contains("connection"));
  }
  CHECK(read(node.counters.connections) == 1);
  CHECK(read(node.counters.http_requests) == 100);
}

TEST_CASE("pipelined requests are answered in their order, one at a time", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto client = node.connect();
  std::string all;
  for (int i = 0; i < 50; ++i) all += rpc(std::to_string(i));
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto call = node.sink.next();
    node.turn();
    REQUIRE(node.sink.taken() == static_cast<std::size_t>(i + 1));
    // From a thread that is no loop's.
    command_sink::reply(*call);
    REQUIRE(result_id(client.read_answer()) == std::to_string(i));
  }
}

TEST_CASE("a request may come byte by byte", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  for (int round = 0; round < 2; ++round) {
    for (const char c : rpc("\"x\"")) {
      client.send({&c, 1});
      node.turn();
    }
    CHECK(result_id(client.read_answer()) == "\"x\"");
  }
  client.send("POST /rpc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c :
       std::string("5\r\n{\"id\"\r\nE\r\n:1,\"method\":\"m\r\n2\r\n\"}\r\n0\r\n\r\n")) {
    client.send({&c, 1});
    node.turn();
  }
  CHECK(result_id(client.read_answer()) == "1");
}

TEST_CASE("a malformed request is answered, then the connection ends", "[net][socket]") {
  http_node node;
  struct row {
    std::string bytes;
    int status;
    std::string_view code;
  };
  const std::string head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\n";
  const row rows[] = {
      {"nonsense\r\n\r\n", 400, "INVALID_REQUEST"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "INVALID_REQUEST"},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400, "INVALID_REQUEST"},
      {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
       400, "INVALID_REQUEST"},
      {head + "\r\n{}", 411, "LENGTH_REQUIRED"},
      {head + "Content-Length: 1048577\r\n\r\n", 413, "PAYLOAD_TOO_LARGE"},
      {head + "Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413, "PAYLOAD_TOO_LARGE"},
      {head + "X: " + std::string(20'000, 'x'), 431, "HEADER_TOO_LARGE"},
      {head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "INVALID_REQUEST"},
      {head + "Expect: cake\r\nContent-Length: 2\r\n\r\n", 417, "INVALID_REQUEST"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.bytes.substr(0, 200));
    auto client = node.connect();
    const auto answer = client.ask(r.bytes);
    CHECK(answer.status == r.status);
    CHECK(code_of(answer) == r.code);
    CHECK(at(answer.body, "/error/retryable") != "absent");
    CHECK(text_at(answer.body, "/error/suggestion") != "absent");
    CHECK(answer.headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
  }
  CHECK(node.sink.taken() == 0);
}

TEST_CASE("a client that sends too much still reads why it was refused", "[net][socket]") {
  http_node node([](http_config& c) { c.linger_timeout = 100ms; });
  auto client = node.connect();
  client.send("POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n");
  client.send(std::string(4'000'000, 'x'));
  CHECK(client.read_answer().status == 413);
  CHECK(client.read_to_end().empty());
  // One that never hangs up is cut off.
  CHECK(node.all_gone());
}

TEST_CASE("HTTP/1.0 and Connection: close get one answer and the end", "[net][socket]") {
  http_node node;
  for (const std::string bytes :
       {"GET /health HTTP/1.0\r\n\r\n", "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"}) {
    auto client = node.connect();
    client.send(bytes + get("/health"));
    const auto answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
  }
}

TEST_CASE("a client that has said all it will say still gets its answers", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto client = node.connect();
  client.send(rpc("1"));
  client.shutdown_send();
  const auto call = node.sink.next();
  call->answer({'"' + std::string(3'000'000, 'x') + '"', true});
  CHECK(client.read_answer().body.size() > 3'000'000);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("HEAD has the head of GET, and no body", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  for (const std::string path : {"/", "/health", "/ready", "/nowhere"}) {
    const auto full = client.ask(get(path));
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto head = client.read_answer(true);
    CHECK(head.status == full.status);
    CHECK(head.headers == full.headers);
  }
  client.send("HEAD /sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.read_answer(true).headers.at("content-type") == "text/event-stream");
  CHECK(client.ask(get("/health")).status == 200);
  CHECK(node.config.sessions->stream_count() == 0);
}

TEST_CASE("a body that waits for 100 Continue is asked for", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  const std::string body = R"({"id":1,"method":"chat-rooms"})";
  const std::string head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
  client.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.ask(body).status == 200);
  // Not for one that will be refused.
  CHECK(client.ask(head + "Content-Length: 5000000\r\n\r\n").status == 413);
}

TEST_CASE("a request that does not come to its end is given up with 408", "[net][socket]") {
  http_node node([](http_config& c) { c.request_timeout = 100ms; });
  for (const std::string bytes :
       {"G", "GET / HTTP/1.1\r\n",
        "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"}) {
    auto client = node.connect();
    const auto answer = client.ask(bytes);
    CHECK(answer.status == 408);
    CHECK(code_of(answer) == "REQUEST_TIMEOUT");
    CHECK(answer.headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
  }
}

TEST_CASE("an idle connection is closed without a word", "[net][socket]") {
  http_node node([](http_config& c) { c.keep_alive_timeout = 100ms; });
  auto silent = node.connect();
  auto used = node.connect();
  CHECK(used.ask(get("/health")).status == 200);
  CHECK(silent.read_to_end().empty());
  CHECK(used.read_to_end().empty());
  CHECK(node.all_gone());
}

TEST_CASE("a client that pipelines and never reads costs a bounded queue", "[net][socket]") {
  http_node node([](http_config& c) { c.stall_timeout = 100ms; }, 1);
  node.sink.set(mode::keep);
  auto client = node.connect(4096);
  std::string all;
  for (int i = 0; i < 20; ++i) all += rpc(std::to_string(i));
  client.send(all);
  // Larger than what the kernel takes at once.
  node.sink.next()->answer({'"' + std::string(8'000'000, 'x') + '"', true});
  node.turn();
  node.turn();
  CHECK(node.sink.taken() == 1);
  // It is given up when it does not read.
  CHECK(node.all_gone());
}

TEST_CASE("a slow reader gets everything in the end", "[net][socket]") {
  http_node node({}, 1);
  node.sink.set(mode::keep);
  auto client = node.connect(4096);
  client.send(rpc("1") + rpc("2"));
  node.sink.next()->answer({'"' + std::string(8'000'000, 'x') + '"', true});
  node.turn();
  CHECK(node.sink.taken() == 1);
  CHECK(client.read_answer().body.size() > 8'000'000);
  command_sink::reply(*node.sink.next());
  CHECK(result_id(client.read_answer()) == "2");
}

TEST_CASE("a call that is lost is answered 500, and the next one as ever", "[net][socket]") {
  http_node node;
  auto client = node.connect();
  node.sink.set(mode::lose);
  const auto answer = client.ask(rpc("1"));
  CHECK(answer.status == 500);
  CHECK(code_of(answer) == "INTERNAL_ERROR");
  node.sink.set(mode::answer);
  CHECK(client.ask(rpc("2")).status == 200);
}

TEST_CASE("only the first of several answers counts", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto client = node.connect();
  client.send(rpc("1") + rpc("2"));
  const auto call = node.sink.next();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([call] { command_sink::reply(*call); });
  for (auto& t : threads) t.join();
  CHECK(result_id(client.read_answer()) == "1");
  command_sink::reply(*node.sink.next());
  CHECK(result_id(client.read_answer()) == "2");
}

TEST_CASE("an answer for a client that has left harms nobody", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  for (const bool hard : {false, true}) {
    auto client = node.connect();
    client.send(rpc("1"));
    const auto call = node.sink.next();
    hard ? client.reset() : client.close();
    call->answer({'"' + std::string(1'000'000, 'x') + '"', true});
  }
  CHECK(node.all_gone());
}

TEST_CASE("a connection holds nothing once its client has left", "[net][socket]") {
  http_node node;
  node.connect().ask(get("/health"));
  node.connect().send("GET / HT");
  node.connect().close();
  node.connect().send("nonsense\r\n\r\n");
  node.ask(get("/health"));  // accepted in order: when this one is served, so are those
  node.turn();
  CHECK(node.all_gone());
  node.turn();
  CHECK(node.watched_count() == 0);
}

TEST_CASE("a draining node ends idle connections at once and busy ones with their answer",
          "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto idle = node.connect();
  CHECK(idle.ask(get("/health")).status == 200);
  auto busy = node.connect();
  busy.send(rpc("1") + rpc("2"));
  auto stream = node.connect();
  stream.send(get("/sse"));
  stream.read_until("\n\n");
  const auto call = node.sink.next();
  node.drain();
  CHECK(idle.read_to_end().empty());
  stream.read_to_end();
  node.turn();
  command_sink::reply(*call);
  const auto answer = busy.read_answer();
  CHECK(result_id(answer) == "1");
  CHECK(answer.headers.at("connection") == "close");
  CHECK(busy.read_to_end().empty());
  busy.close();
  CHECK(node.all_gone());
}

TEST_CASE("a node that drains again waits for nobody", "[net][socket]") {
  http_node node;
  node.sink.set(mode::keep);
  auto reading = node.connect();
  reading.send("GET /");
  auto busy = node.connect();
  busy.send(rpc("1"));
  const auto call = node.sink.next();
  node.turn();
  node.drain();
  node.end();
  CHECK(busy.read_to_end().empty());
  reading.read_to_end();
  command_sink::reply(*call);
  node.turn();
  CHECK(read(node.counters.http_requests) == 1);
}

}  // namespace chat::test
