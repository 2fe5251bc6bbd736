// How a socket leaves HTTP to become a WebSocket.

#include <catch2/catch.hpp>

#include "tests/json_text.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

namespace {

// What the upgrade callback was given, and the socket itself, kept on its loop.
struct taken_over : corked_socket::owner {
  std::promise<std::string> seen;
  socket_ptr socket;

  void take(upgrade from) {
    socket = std::move(from.socket);
    socket->belong_to(*this);
    socket->push(frame("taken"));
    seen.set_value(std::string(from.request.raw().target()) + ' ' + from.request.peer() + " [" +
                   from.early + "]");
  }
  void on_readable() override {}
  void on_broken() override {}
  std::string wait() {
    auto future = seen.get_future();
    if (future.wait_for(patience) != std::future_status::ready) return "nothing";
    return future.get();
  }
};

auto hand_to(taken_over& target) {
  return [&target](http_config& c) {
    c.on_upgrade = [&target](upgrade u) { target.take(std::move(u)); };
  };
}

const std::string websocket =
    "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

void let_go(http_node& node, taken_over& target) {
  node.loops.front()->post([&] { target.socket.reset(); });
  node.turn();
}

}  // namespace

TEST_CASE("an upgrade hands over the socket with what came early", "[net][socket]") {
  taken_over target;
  http_node node(hand_to(target), 1);
  auto client = node.connect();
  client.send(get("/rooms/general?token=x", websocket) + "early bytes");
  CHECK(target.wait() == "/rooms/general?token=x 127.0.0.1 [early bytes]");
  CHECK(client.read_bytes(5) == "taken");
  node.turn();
  CHECK(node.watched_count() == 0);
  CHECK(read(node.counters.connections) == 1);  // it is one wherever it goes
  let_go(node, target);
  CHECK(read(node.counters.connections) == 0);
}

TEST_CASE("an upgrade behind other requests waits for their answers", "[net][socket]") {
  taken_over target;
  http_node node(hand_to(target), 1);
  node.sink.set(command_sink::mode::keep);
  auto client = node.connect(4096);
  client.send(rpc("1") + get("/ws/general", websocket) + "early");
  node.sink.next()->answer({'"' + std::string(3'000'000, 'x') + '"', true});
  node.turn();
  CHECK(client.read_answer().body.size() > 3'000'000);
  CHECK(target.wait() == "/ws/general 127.0.0.1 [early]");
  CHECK(client.read_bytes(5) == "taken");
  let_go(node, target);
}

TEST_CASE("a bad upgrade is refused before anything is handed over", "[net][socket]") {
  taken_over target;
  http_node node(hand_to(target), 1);
  struct row {
    std::string bytes;
    int status;
    std::string_view code;
  };
  const std::string asks = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const row rows[] = {
      {get("/ws/a", asks + key), 426, "INVALID_REQUEST"},
      {get("/ws/a", asks + key + "Sec-WebSocket-Version: 8\r\n"), 426, "INVALID_REQUEST"},
      {get("/ws/a", asks + version), 400, "INVALID_REQUEST"},
      {get("/ws/a", asks + version + "Sec-WebSocket-Key: short\r\n"), 400, "INVALID_REQUEST"},
      {get("/ws/a", asks + version + "Sec-WebSocket-Key: !!hlIHNhbXBsZSBub25jZQ==\r\n"), 400,
       "INVALID_REQUEST"},
      {post("/ws/a", "{}", websocket), 400, "INVALID_REQUEST"},
      {"GET /ws/a HTTP/1.0\r\n" + websocket + "\r\n", 400, "INVALID_REQUEST"},
      {get("/ws/a", websocket + "Origin: http://evil.example\r\n"), 403, "ORIGIN_REFUSED"},
      {"GET /ws/a HTTP/1.1\r\nHost: evil.example\r\n" + websocket + "\r\n", 403, "HOST_REFUSED"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.bytes);
    const auto answer = node.ask(r.bytes);
    CHECK(answer.status == r.status);
    CHECK(text_at(answer.body, "/error/code") == r.code);
    if (r.status == 426) {
      CHECK(answer.headers.at("sec-websocket-version") == "13");
      CHECK(answer.headers.at("upgrade") == "websocket");
    }
  }
  // Other protocols, and halves of an upgrade, are plain requests.
  CHECK(node.ask(get("/health", "Connection: Upgrade\r\nUpgrade: h2c\r\n")).status == 200);
  CHECK(node.ask(get("/health", "Upgrade: websocket\r\n")).status == 200);
  CHECK(target.socket == nullptr);
}

}  // namespace chat::test
