// TLS on real sockets: handshakes good and bad, bytes whole and in pieces, the end.

#include <catch2/catch.hpp>

#include "model/wire.hpp"
#include "net/ws_connection.hpp"
#include "tests/json_text.hpp"
#include "tests/net/tls_client.hpp"
#include "tests/net/tls_files.hpp"

namespace chat::test {

using namespace std::chrono_literals;
using mode = command_sink::mode;

namespace {

// A node that speaks TLS alone.
struct tls_node {
  explicit tls_node(std::function<void(http_config&)> change = {},
                    std::chrono::milliseconds handshake_timeout = limits::tls_handshake_timeout)
      : http((load(files), std::move(change)), 1, {}, &certificate, handshake_timeout) {}

  void load(const tls_files& from) {
    if (const auto loaded = certificate.load(from.certificate(), from.key()); !loaded)
      throw std::runtime_error(loaded.error().message);
  }
  bool has_failed(std::uint64_t handshakes) {
    return http.becomes([&] { return read(http.counters.tls_handshakes_failed) == handshakes; });
  }

  tls_files files{"first.example"};
  tls_certificate certificate;
  http_node http;
};

// A client whose handshake is done.
struct secure_client : tls_client {
  explicit secure_client(const tls_node& node, tls_client_options options = {})
      : tls_client(node.http.port, std::move(options)) {
    if (!shake_hands()) throw std::runtime_error("no handshake");
  }
};

std::string bytes_of(std::size_t count) {
  std::string text(count, '\0');
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

// Answers each message of "N" with N frames of 1,000 bytes, each with its number in front.
class flooder final : public ws_connection {
 public:
  using ws_connection::ws_connection;

 private:
  void receipt(std::uint32_t) override {}
  void attached(const caf::actor&, std::string_view) override {}
  void on_open() override {}
  void on_over(const close_reason*) override {}
  void on_message(bool, std::string_view payload) override {
    for (int i = 0; i < std::stoi(std::string(payload)); ++i) {
      std::string bytes;
      auto text = std::to_string(1'000'000 + i);
      append_ws_frame(bytes, ws_opcode::text, text.append(993, '.'));
      send(frame(std::move(bytes)));
    }
  }
};

auto flood(const ws_options& options) {
  return [&options](http_config& c) {
    c.on_upgrade = [&options, &c](upgrade u) {
      caf::make_counted<flooder>(std::move(u.socket), u.request.peer(), options, c.counters)
          ->start(u.request, std::move(u.early));
    };
  };
}

const std::string upgrade_request =
    get("/ws/a",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

// A text frame with a mask of zeros.
std::string text_frame(std::string_view payload) {
  return std::string("\x81") + static_cast<char>(0x80 | payload.size()) + std::string(4, '\0') +
         std::string(payload);
}

std::uint64_t open_connections(const http_node& node) { return read(node.counters.connections); }

}  // namespace

TEST_CASE("requests are served over TLS 1.2 and 1.3, and know it", "[net][socket]") {
  tls_node node;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    secure_client client(node, {.version_max = version, .protocols = "\x02h2\x08http/1.1"});
    CHECK(SSL_version(client.ssl()) == version);
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl(), &protocol, &size);
    CHECK(std::string(reinterpret_cast<const char*>(protocol), size) == "http/1.1");
    for (int i = 0; i < 100; ++i) {
      const auto answer = client.ask(rpc(std::to_string(i)));
      REQUIRE(answer.status == 200);
      REQUIRE(at(answer.body, "/id") == std::to_string(i));
      REQUIRE(text_at(answer.body, "/result/data/base") == "wss://localhost");
    }
    CHECK(node.http.becomes([&] { return open_connections(node.http) == 1; }));
    client.close();
    CHECK(node.http.all_gone());
  }
  CHECK(read(node.http.counters.tls_handshakes_failed) == 0);
}

TEST_CASE("old versions and other protocols get no handshake", "[net][socket]") {
  tls_node node;
  tls_client old(node.http.port, {.version_max = TLS1_1_VERSION});
  CHECK_FALSE(old.shake_hands());
  CHECK(ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
  tls_client other(node.http.port, {.protocols = "\x02h2"});
  CHECK_FALSE(other.shake_hands());
  CHECK(ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
  tls_client weak(node.http.port, {.version_max = TLS1_2_VERSION});
  SSL_set_cipher_list(weak.ssl(), "ECDHE-ECDSA-AES128-SHA");
  CHECK_FALSE(weak.shake_hands());
  tls_client nonsense(node.http.port);
  nonsense.send_raw(std::string("\x16\x03\x01\0\x05hello", 10));
  CHECK_FALSE(nonsense.shake_hands());
  CHECK(node.has_failed(4));
  CHECK(node.http.all_gone());
}

TEST_CASE("a handshake and a request may come byte by byte", "[net][socket]") {
  tls_node node;
  secure_client client(node, {.piece_bytes = 1});
  CHECK(client.ask(rpc("1")).status == 200);
}

TEST_CASE("a request that comes with the end of the handshake is served", "[net][socket]") {
  tls_node node;
  secure_client client(node);
  SSL_write(client.ssl(), get("/health").data(), static_cast<int>(get("/health").size()));
  const auto both = client.take_output();
  REQUIRE(client.send_raw(both));
  CHECK(client.read_answer().status == 200);
}

// A record holds more than the connection reads at once, and nothing comes behind it: the kernel
// has nothing more to tell.
TEST_CASE("what OpenSSL has read and the connection has not is not forgotten", "[net][socket]") {
  tls_node node;
  secure_client client(node);
  for (const std::size_t size : {8'100u, 8'200u, 12'000u, 16'000u, 40'000u, 900'000u}) {
    CAPTURE(size);
    const auto answer = client.ask(post(
        "/rpc", R"({"id":1,"method":"x","params":{"text":")" + std::string(size, 'x') + "\"}}"));
    REQUIRE(answer.status == 200);
  }
  // The same behind a pause, in which a door works.
  node.http.sink.set(mode::keep);
  std::string all;
  for (int i = 0; i < 100; ++i) all += rpc(std::to_string(i));
  REQUIRE(all.size() < tls_stream::record_bytes_max);
  client.send(all);
  for (int i = 0; i < 100; ++i) {
    command_sink::reply(*node.http.sink.next());
    REQUIRE(at(client.read_answer().body, "/id") == std::to_string(i));
  }
}

TEST_CASE("a big answer comes whole to a client that reads slowly", "[net][socket]") {
  tls_node node;
  node.http.sink.set(mode::keep);
  const auto big = '"' + bytes_of(3'000'000) + '"';
  secure_client client(node, {.receive_bytes = 4096});
  client.send(rpc("1") + rpc("2"));
  node.http.sink.next()->answer({big, true});
  node.http.turn();
  CHECK(client.read_answer().body.find(big) != std::string::npos);
  node.http.sink.next()->answer({"2", true});
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("a handshake that does not end has its time and its counter", "[net][socket]") {
  tls_node node({}, 100ms);
  auto silent = node.http.connect();
  tls_client halfway(node.http.port);
  SSL_do_handshake(halfway.ssl());
  const auto hello = halfway.take_output();
  REQUIRE(halfway.send_raw(hello.substr(0, hello.size() / 2)));
  tls_client unfinished(node.http.port);
  REQUIRE(unfinished.shake_hands());  // as far as it knows
  CHECK(node.has_failed(3));
  CHECK(node.http.all_gone());
  CHECK(silent.read_to_end().empty());
  tls_client gone(node.http.port);
  gone.close();
  CHECK(node.has_failed(4));
}

// They come in one turn: all but a few have to wait, and none is forgotten.
TEST_CASE("many handshakes at once all succeed", "[net][socket]") {
  poll_set none;
  none.handle_ready();
  for (int i = 0; i < limits::long_per_turn; ++i) CHECK(none.may_take_long());
  CHECK_FALSE(none.may_take_long());
  none.handle_ready();
  CHECK(none.may_take_long());

  tls_node node;
  std::vector<std::unique_ptr<tls_client>> clients;
  std::promise<void> held;
  node.http.loops[0]->post([all_there = held.get_future().share()] { all_there.wait(); });
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<tls_client>(node.http.port));
    SSL_do_handshake(clients.back()->ssl());
    clients.back()->flush();
  }
  held.set_value();
  for (auto& client : clients) {
    REQUIRE(client->shake_hands());
    REQUIRE(client->ask(get("/health")).status == 200);
  }
}

TEST_CASE("plain HTTP at a TLS address is told so", "[net][socket]") {
  tls_node node;
  for (const auto& request : {get("/health"), rpc("1"), post("/rpc", std::string(100'000, 'x'))}) {
    auto client = node.http.connect();
    client.send(request);
    const auto answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK(text_at(answer.body, "/error/message") == "This is an https port");
    CHECK(client.read_to_end().empty());
  }
  CHECK(node.has_failed(3));
  CHECK(node.http.all_gone());
  CHECK(node.http.sink.taken() == 0);
}

TEST_CASE("over TLS a page that came without is of another origin", "[net][socket]") {
  tls_node node([](http_config& c) { c.origins->set(origin_policy({"wss://chat.example"}, {})); });
  secure_client client(node);
  const auto status = [&](const std::string& origin) {
    return client
        .ask("GET /health HTTP/1.1\r\nHost: chat.example\r\nOrigin: " + origin + "\r\n\r\n")
        .status;
  };
  CHECK(status("https://chat.example") == 200);
  CHECK(status("http://chat.example") == 403);
}

TEST_CASE("a page over TLS is to be asked for over TLS ever after", "[net][socket]") {
  tls_node node([](http_config& c) { c.origins->set(origin_policy({"wss://chat.example"}, {})); });
  secure_client client(node);
  const auto answer = client.ask("GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n");
  CHECK(answer.headers.at("strict-transport-security") == "max-age=31536000");
  CHECK(answer.body.find("<title>chatd</title>") != std::string::npos);
  // What is developed on this machine shares its name.
  CHECK_FALSE(client.ask(get("/")).headers.contains("strict-transport-security"));
}

TEST_CASE("a WebSocket over TLS gets every frame in order", "[net][socket]") {
  const ws_options options;
  tls_node node(flood(options));
  secure_client client(node);
  client.send(upgrade_request);
  client.read_until("\r\n\r\n");
  for (int round = 0; round < 5; ++round) {
    client.send(text_frame("700"));
    for (int i = 0; i < 700; ++i) {
      const auto bytes = client.read_bytes(1004);
      REQUIRE(bytes.substr(4, 7) == std::to_string(1'000'000 + i));
    }
  }
  client.send(std::string("\x88\x82\0\0\0\0\x03\xE8", 8));
  CHECK(client.read_to_end() == std::string("\x88\x02\x03\xE8", 4));
  CHECK(client.was_told_goodbye());
  client.close();
  CHECK(node.http.all_gone());
}

TEST_CASE("a member that never reads over TLS is closed as slow", "[net][socket]") {
  const ws_options options{.close_timeout = patience};
  tls_node node(flood(options));
  secure_client client(node, {.receive_bytes = 4096});
  client.send(upgrade_request);
  client.read_until("\r\n\r\n");
  for (int i = 0; i < 20; ++i) client.send(text_frame("900"));
  CHECK(node.http.becomes([&] { return read(node.http.counters.slow_consumers) == 1; }));
  // What it reads then is whole frames to the last, and why it was closed.
  int frames = 0;
  std::string bytes;
  while ((bytes = client.read_bytes(2))[0] == '\x81') {
    client.read_bytes(1002);
    ++frames;
  }
  CHECK(frames > 0);
  CHECK(bytes[0] == '\x88');
  CHECK(client.read_bytes(2) == std::string("\x0F\xA8", 2));  // 4008
  client.read_to_end();
  CHECK(client.was_told_goodbye());
}

// Each asks for an answer below HTTP, which nobody else counts.
TEST_CASE("a client that keeps TLS answering and never reads is dropped", "[net][socket]") {
  tls_node node;
  secure_client client(node, {.receive_bytes = 4096});
  CHECK(client.ask(get("/health")).status == 200);
  bool taken = true;
  for (int round = 0; taken && round < 10'000; ++round) {  // 27 MB of answers, were they kept
    for (int i = 0; i < 100; ++i) {
      SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
      SSL_do_handshake(client.ssl());
    }
    taken = client.flush();
  }
  CHECK_FALSE(taken);
  CHECK(node.http.all_gone());
}

TEST_CASE("the end of a connection over TLS is said, whoever ends it", "[net][socket]") {
  tls_node node;
  secure_client asked(node);
  asked.send(get("/health", "Connection: close\r\n"));
  CHECK(asked.read_answer().status == 200);
  CHECK(asked.read_to_end().empty());
  CHECK(asked.was_told_goodbye());
  asked.close();

  secure_client left(node);
  CHECK(left.ask(get("/health")).status == 200);
  SSL_shutdown(left.ssl());
  left.flush();
  CHECK(left.read_to_end().empty());
  CHECK(left.was_told_goodbye());

  secure_client half(node);  // ends the stream without a goodbye
  node.http.sink.set(mode::keep);
  half.send(rpc("1"));
  const auto call = node.http.sink.next();
  half.shutdown_send();
  node.http.turn();
  command_sink::reply(*call);
  CHECK(half.read_answer().status == 200);
  half.close();

  secure_client cut(node);
  cut.send(post("/rpc", "{}").substr(0, 50));
  cut.reset();
  CHECK(node.http.all_gone());

  secure_client idle(node);
  CHECK(idle.ask(get("/health")).status == 200);
  tls_client shaking(node.http.port);
  CHECK(node.http.becomes([&] { return open_connections(node.http) == 2; }));
  node.http.drain();
  CHECK(idle.read_to_end().empty());
  CHECK(idle.was_told_goodbye());
  CHECK(node.http.all_gone());
}

TEST_CASE("a new certificate is for new connections, the others go on", "[net][socket]") {
  tls_node node;
  secure_client before(node);
  CHECK(before.ask(get("/health")).status == 200);
  const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> ticket(
      SSL_get1_session(before.ssl()), SSL_SESSION_free);
  secure_client back(node, {.ticket = ticket.get()});
  CHECK(SSL_session_reused(back.ssl()) == 1);
  CHECK(back.ask(get("/health")).status == 200);
  node.load(tls_files("second.example"));
  secure_client after(node);
  CHECK(after.peer_name() == "second.example");
  CHECK(after.ask(get("/health")).status == 200);
  CHECK(before.peer_name() == "first.example");
  CHECK(before.ask(get("/health")).status == 200);
  // A ticket of the first certificate is worth nothing with the second one, and does no harm.
  secure_client late(node, {.ticket = ticket.get()});
  CHECK(SSL_session_reused(late.ssl()) == 0);
  CHECK(late.ask(get("/health")).status == 200);
}

TEST_CASE("over their limit connections to a TLS address are closed", "[net][socket]") {
  tls_files files;
  tls_certificate certificate;
  REQUIRE(certificate.load(files.certificate(), files.key()));
  http_node node({}, 1, {.connections = 1}, &certificate);
  tls_client first(node.port);
  REQUIRE(first.shake_hands());
  CHECK(first.ask(get("/health")).status == 200);
  auto second = node.connect();
  CHECK(second.read_to_end().empty());
  CHECK(read(node.counters.connections_refused) == 1);
}

}  // namespace chat::test
