// The chat protocol on real sockets, with made-up actors behind it: what a connection does with
// its token, its credit and its outbox. What rooms and sessions do is tested in tests/actors.

#include <atomic>
#include <catch2/catch.hpp>

#include "model/wire.hpp"
#include "tests/net/chat_desk.hpp"

namespace chat::test {

namespace {

using namespace std::chrono_literals;

std::string masked(std::string_view payload, unsigned char opcode = 1) {
  std::string out{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xFF);
  }
  out.append(4, '\0');  // a mask of zeros leaves the payload as it is
  return out.append(payload);
}

std::string text_frame(const std::string& text) {
  return masked(R"({"type":"message","text":")" + text + "\"}");
}

// A client past its upgrade.
http_client upgraded(chat_node& node, const std::string& target, int receive_bytes = 0) {
  auto client = node.http.connect(receive_bytes);
  client.send("GET " + target +
              " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  client.read_until("\r\n\r\n");
  return client;
}

// The next frame's opcode and payload.
std::pair<int, std::string> read_frame(http_client& client) {
  const auto head = client.read_bytes(2);
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size == 126) {
    const auto more = client.read_bytes(2);
    size = static_cast<unsigned char>(more[0]) << 8 | static_cast<unsigned char>(more[1]);
  }
  return {head[0] & 15, client.read_bytes(size)};
}

// Reads up to the close frame and answers its code.
int read_close_code(http_client& client) {
  while (true) {
    const auto [opcode, payload] = read_frame(client);
    if (opcode != 8) continue;
    return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  }
}

}  // namespace

TEST_CASE("a connection out of credit is not read from until receipts come", "[net][socket]") {
  chat_node node;
  auto client = upgraded(node, "/rooms/general?token=good");
  constexpr std::size_t posts = 200;
  for (std::size_t i = 0; i < posts; ++i) client.send(text_frame(std::to_string(i)));
  REQUIRE(node.at.wait_for_texts(limits::inflight_max));
  for (int i = 0; i < 50; ++i) node.http.turn();
  CHECK(node.at.count() == limits::inflight_max);
  node.at.give_receipts(10);
  REQUIRE(node.at.wait_for_texts(limits::inflight_max + 10));
  for (int i = 0; i < 50; ++i) node.http.turn();
  CHECK(node.at.count() == limits::inflight_max + 10);
  while (node.at.count() < posts) {
    const auto before = node.at.count();
    node.at.give_receipts(1);
    REQUIRE(node.at.wait_for_texts(std::min(before + 1, posts)));
  }
  for (std::size_t i = 0; i < posts; ++i) CHECK(node.at.texts[i] == std::to_string(i));
}

TEST_CASE("messages in the same packet as the auth message keep their order", "[net][socket]") {
  chat_node node;
  auto client = node.http.connect();
  client.send(
      "GET /ws/general HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      masked(R"({"type":"auth","token":"good"})") +
      masked(R"({"type":"auth_headers","headers":{}})") + text_frame("one") + text_frame("two"));
  REQUIRE(node.at.wait_for_texts(2));
  CHECK(node.at.texts == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a token that nobody answers for ends its connection", "[net][socket]") {
  chat_node node([](chat_options& o) { o.answer_timeout = 1s; });
  auto in_url = upgraded(node, "/rooms/general?token=later");
  CHECK(read_close_code(in_url) == 1011);
  auto in_message = upgraded(node, "/rooms/general");
  in_message.send(masked(R"({"type":"auth","token":"later"})"));
  CHECK(read_close_code(in_message) == 1011);
  // Whoever answers all the same finds out that it is too late.
  step s{step::kind::attach, node.at.out};
  s.session = node.options.hub;
  node.at.tell(std::move(s));
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
}

TEST_CASE("each refusal before the token has its close code", "[net][socket]") {
  chat_node node([](chat_options& o) { o.auth_timeout = 1s; });
  const auto [target, first, code] = GENERATE(table<std::string, std::string, int>({
      {"/rooms/general?token=bad", "", 4001},
      {"/rooms/general?token=", "", 4001},
      {"/rooms/general", "", 4001},  // nothing comes in time
      {"/rooms/general", masked(R"({"type":"ping"})"), 4001},
      {"/rooms/general", masked("nonsense"), 4001},
      {"/rooms/general", masked(R"({"type":"auth"})"), 4001},
      {"/rooms/general", masked("bytes", 2), 1003},
      {"/elsewhere?token=good", "", 4000},
      {"/rooms/?token=good", "", 4000},
      {"/rooms/a%20b?token=good", "", 4000},
      {"/rooms/general/more?token=good", "", 4000},
  }));
  auto client = upgraded(node, target);
  client.send(first);
  CHECK(read_close_code(client) == code);
}

TEST_CASE("a client against the protocol is closed with its code", "[net][socket]") {
  chat_node node;
  const auto [bytes, code] = GENERATE(table<std::string, int>({
      {masked("x", 2), 1003},
      {masked("\xC3\x28"), 1007},
      {masked(std::string(60'000, 'x')) + masked("?", 3), 1002},
      {std::string("\x81\x05hello"), 1002},                             // not masked
      {std::string("\x81\xFF\0\0\0\0\0\x01\0\x01\0\0\0\0", 14), 1009},  // 65,537 bytes to come
  }));
  auto client = upgraded(node, "/rooms/general?token=good");
  REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
  client.send(bytes);
  CHECK(read_close_code(client) == code);
}

TEST_CASE("who does not read is closed as a slow consumer and costs no more than its limit",
          "[net][socket]") {
  chat_node node([](chat_options& o) { o.ws.outbox_bytes_max = 256 * 1024; });
  auto client = upgraded(node, "/rooms/general?token=good", 4096);
  REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
  std::string bytes;
  append_ws_frame(bytes, ws_opcode::text, std::string(60'000, 'x'));
  while (read(node.http.counters.slow_consumers) == 0) {
    node.at.send(bytes);
    node.http.turn();
  }
  CHECK(read_close_code(client) == 4008);
  client.close();
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
}

TEST_CASE("a silent peer is asked with a ping and given up when it does not answer",
          "[net][socket]") {
  chat_node node([](chat_options& o) {
    o.ws.ping_interval = 1s;
    o.ws.dead_timeout = 3s;
  });
  auto client = upgraded(node, "/rooms/general?token=good");
  CHECK(read_frame(client).first == 9);
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
}

TEST_CASE("a client that vanishes while its token is redeemed is given up", "[net][socket]") {
  chat_node node;
  for (int i = 1; i <= 20; ++i) {
    auto client = node.http.connect();
    client.send(
        "GET /rooms/general?token=good HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    client.reset();
  }
  node.http.turn();
  auto last = upgraded(node, "/rooms/general?token=good");
  REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
  last.send(masked(std::string("\x03\xE8", 2), 8));
  CHECK(read_close_code(last) == 1000);
}

TEST_CASE("a client that pings and never reads is let go, before and after its token",
          "[net][socket]") {
  chat_node node([](chat_options& o) { o.ws.outbox_bytes_max = 16 * 1024; });
  for (const std::string target : {"/rooms/general", "/rooms/general?token=good"}) {
    CAPTURE(target);
    const auto before = read(node.http.counters.slow_consumers);
    auto client = upgraded(node, target, 4096);
    std::string pings;
    for (int i = 0; i < 1000; ++i) pings += masked(std::string(125, 'p'), 9);
    for (int i = 0; i < 1000 && read(node.http.counters.slow_consumers) == before; ++i)
      if (!client.send(pings)) break;
    CHECK(read(node.http.counters.slow_consumers) == before + 1);
    CHECK(read_close_code(client) == 4008);
  }
}

TEST_CASE("whoever breaks the protocol or says goodbye leaves at once, whatever its socket does",
          "[net][socket]") {
  chat_node node;
  const std::string goodbye("\x03\xe8", 2);
  const std::pair<std::string, int> rows[] = {
      {std::string("\x81\xff\0\0\0\0\0\1\0\1mask", 14), 1009},
      {masked("", 3), 1002},
      {masked("\xff"), 1007},
      {masked("bytes", 2), 1003},
      {masked(goodbye, 8), 1000},
  };
  int lost = 0;
  for (const auto& [bytes, code] : rows) {
    CAPTURE(code);
    auto client = upgraded(node, "/rooms/general?token=good");
    REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
    client.send(text_frame("in"));
    const auto texts = static_cast<std::size_t>(lost + 1);
    REQUIRE(node.at.wait_for_texts(texts));
    client.send(bytes);
    ++lost;
    CHECK(node.at.wait_for([&] { return node.at.lost == lost; }));
    // What the room still sends is nobody's: the close frame is the last the client gets.
    node.at.send(frame_bytes("late"));
    node.http.turn();
    CHECK(read_close_code(client) == code);
    CHECK(client.read_to_end().empty());
  }
}

TEST_CASE("a client that floods after the end costs its loop a read a turn", "[net][socket]") {
  chat_node node([](chat_options& o) { o.ws.close_timeout = 1s; });
  auto client = upgraded(node, "/rooms/general");
  client.send(masked("", 3));
  CHECK(read_close_code(client) == 1002);
  std::atomic<bool> flooding{true};
  std::thread flood([&] {
    while (client.send(std::string(1 << 20, 'x'))) {
    }
    flooding = false;
  });
  // Others are served meanwhile, and the node ends it by itself.
  while (flooding) CHECK(node.http.ask(get("/health")).status == 200);
  flood.join();
}

TEST_CASE("an auth message after a token in the URL is ignored, whatever it holds",
          "[net][socket]") {
  chat_node node;
  auto client = upgraded(node, "/rooms/general?token=good");
  for (const auto* late :
       {R"({"type":"auth"})", R"({"type":"auth","token":null})", R"({"type":"auth","token":""})",
        R"({"type":"auth","token":"other"})", R"({"type":"auth_headers"})"})
    client.send(masked(late));
  client.send(masked(R"({"type":"ping"})"));
  CHECK(read_frame(client).second == R"({"type":"pong"})");
}

TEST_CASE("the room and the token may be escaped, and the target in absolute form",
          "[net][socket]") {
  chat_node node;
  auto client = upgraded(node, "http://localhost/rooms/gener%61l?token=goo%64");
  client.send(text_frame("in"));
  CHECK(node.at.wait_for_texts(1));
  auto broken = upgraded(node, "/rooms/general?token=%zz");
  CHECK(read_close_code(broken) == 4001);
}

namespace {

constexpr auto free_frames = static_cast<std::size_t>(limits::free_frames_burst);

// A message in one-byte pieces: the first, then `middle` more.
std::string in_pieces(std::size_t middle) {
  std::string bytes = masked("{");
  bytes[0] = 1;
  for (std::size_t i = 0; i < middle; ++i) bytes += std::string(1, '\0') + masked(" ", 0).substr(1);
  return bytes;
}

}  // namespace

TEST_CASE("frames that cost no credit come out of one bucket, then 1008 says why",
          "[net][socket]") {
  const published<rate_limits> counted(rate_limits{.on = true});
  chat_node node([&](chat_options& o) { o.rates = &counted; });
  const std::string ping = masked("", 9);
  const std::string pong = masked("", 10);
  const std::string app_ping = masked(R"({"type":"ping"})");
  const std::string second_auth = masked(R"({"type":"auth","token":"good"})");
  const std::string headers = masked(R"({"type":"auth_headers"})");
  const std::string nonsense = masked("nonsense");
  const std::string too_short = masked(R"({"type":"message","text":""})");
  const auto times = [](const std::string& bytes, std::size_t count) {
    std::string all;
    while (count-- > 0) all += bytes;
    return all;
  };
  const auto open = [&] { return upgraded(node, "/rooms/general?token=good"); };
  // Each alone, and one after the other: half of one kind leaves half for another.
  const std::vector<std::string> floods = {
      times(ping, 1'000),
      times(pong, 1'000),
      times(app_ping, 1'000),
      times(second_auth, 1'000),
      times(headers, 1'000),
      times(nonsense, 1'000),
      times(too_short, 1'000),
      in_pieces(1'000),
      times(ping, free_frames / 2) + times(pong, free_frames / 4) +
          times(app_ping + nonsense, free_frames),
  };
  for (std::size_t i = 0; i < floods.size(); ++i) {
    CAPTURE(i);
    auto client = open();
    client.send(floods[i]);
    std::size_t answers = 0;
    std::string why;
    for (;;) {
      const auto [opcode, payload] = read_frame(client);
      why = payload;
      if (opcode == 8) break;
      ++answers;
    }
    CHECK(why.substr(0, 2) == "\x03\xF0");  // 1008
    CHECK(why.substr(2) == close::too_fast.text);
    CHECK(answers <= free_frames + 2);  // the bucket fills meanwhile
  }
  CHECK(read(node.http.counters.rate_limited) == floods.size());

  // Nobody is closed for what is allowed, or for messages, which have their own credit.
  auto client = open();
  client.send(times(ping, free_frames / 2) + times(pong, free_frames / 2 - 2));
  for (std::size_t i = 0; i < free_frames / 2; ++i) CHECK(read_frame(client).first == 10);
  const auto texts = node.at.count();
  client.send(times(text_frame("in"), limits::inflight_max / 2));
  CHECK(node.at.wait_for_texts(texts + limits::inflight_max / 2));
  auto cut_up = masked(R"({"type":"message",)");
  cut_up[0] = 1;
  client.send(cut_up + masked(R"("text":"two"})", 0));
  CHECK(node.at.wait_for_texts(texts + limits::inflight_max / 2 + 1));
}

TEST_CASE("an upgrade may be asked for in several lines", "[net][socket]") {
  chat_node node;
  auto client = node.http.connect();
  client.send(
      "GET /ws/general/?token=good HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n"
      "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  client.send(text_frame("in"));
  CHECK(node.at.wait_for_texts(1));
}

TEST_CASE("small frames that nobody reads count with what they cost in memory", "[net][socket]") {
  chat_node node([](chat_options& o) { o.ws.outbox_bytes_max = 256 * 1024; });
  auto client = upgraded(node, "/rooms/general?token=good", 4096);
  REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
  std::string bytes;
  append_ws_frame(bytes, ws_opcode::text, "x");
  // The kernel takes some of them; 256 KiB of these frames alone would be 87,000.
  std::promise<void> held;
  node.http.loops[0]->post([all_there = held.get_future().share()] { all_there.wait(); });
  for (int i = 0; i < 10'000; ++i) node.at.send(bytes);
  held.set_value();
  CHECK(node.http.becomes([&] { return read(node.http.counters.slow_consumers) == 1; }));
}

}  // namespace chat::test
