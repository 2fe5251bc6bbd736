// Event streams of rooms on real sockets, with made-up actors behind them: how a stream begins, or
// does not; what rooms send as events; when it ends, and what its client got by then.

#include <catch2/catch.hpp>

#include "net/event_stream.hpp"
#include "tests/json_text.hpp"
#include "tests/net/chat_desk.hpp"
#include "tests/net/tls_client.hpp"
#include "tests/net/tls_files.hpp"

namespace chat::test {

namespace {

using namespace std::chrono_literals;

std::string events_request(const std::string& target, const std::string& headers = "",
                           const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

const std::string good = "/rooms/general/events?token=good";

std::string message_frame(sequence seq, const std::string& text) {
  message m;
  m.seq = seq;
  m.sender = "Ada";
  m.text = text;
  std::string bytes;
  append_message(bytes, m);
  return bytes;
}

// A client whose stream has begun.
http_client reading(chat_node& node, int receive_bytes = 0, const std::string& headers = "") {
  auto client = node.http.connect(receive_bytes);
  client.send(events_request(good, headers));
  client.read_until("\r\n\r\n");
  return client;
}

// Has the room give it message 7.
void give(chat_node& node, std::size_t text_bytes = 5) {
  step s{step::kind::send, node.at.out};
  s.bytes = frame(message_frame(7, std::string(text_bytes, 'x')));
  s.newest = 7;
  node.at.tell(std::move(s));
}

}  // namespace

TEST_CASE("an event stream begins when the session has it, and never ends by itself",
          "[net][socket]") {
  chat_node node;
  auto client = node.http.connect();
  const auto head = client.ask(events_request(good, "Origin: http://localhost:5173\r\n"));
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-type") == "text/event-stream");
  CHECK(head.headers.at("cache-control") == "no-store");
  CHECK(head.headers.at("x-accel-buffering") == "no");
  CHECK(head.headers.at("connection") == "close");
  CHECK(head.headers.at("access-control-allow-origin") == "http://localhost:5173");
  CHECK_FALSE(head.headers.contains("content-length"));
  CHECK(read(node.http.counters.event_streams) == 1);
  client.send("whatever it says, nobody listens");
  node.at.send(frame_bytes(R"({"type":"typing"})"));
  CHECK(client.read_until("\n\n") == "data: {\"type\":\"typing\"}\n\n");
  client.close();
  CHECK(node.http.all_gone());
  CHECK(read(node.http.counters.event_streams) == 0);
}

TEST_CASE("each frame of a block is an event, and messages carry their ids", "[net][socket]") {
  chat_node node;
  auto client = reading(node);
  std::string block = frame_bytes(R"({"type":"welcome"})") + message_frame(3, "short");
  block += message_frame(4, std::string(200, 'y'));                         // a length of two bytes
  block += frame_bytes(R"({"text":")" + std::string(70'000, 'z') + "\"}");  // of eight
  block += message_frame(5, "\",\"id\":\"m9\n\n");
  node.at.send(block);
  CHECK(client.read_until("\n\n") == "data: {\"type\":\"welcome\"}\n\n");
  CHECK(client.read_until("\n\n") ==
        "id: m0000000000000003\ndata: {\"type\":\"message\",\"id\":\"m0000000000000003\","
        "\"sender\":\"Ada\",\"text\":\"short\",\"timestamp\":0}\n\n");
  CHECK(client.read_until("\n\n").starts_with("id: m0000000000000004\ndata: {"));
  CHECK(client.read_until("\n\n").size() == 70'000 + 19);
  CHECK(client.read_until("\n\n") ==
        "id: m0000000000000005\ndata: {\"type\":\"message\",\"id\":\"m0000000000000005\","
        "\"sender\":\"Ada\",\"text\":\"\\\",\\\"id\\\":\\\"m9\\n\\n\",\"timestamp\":0}\n\n");
}

TEST_CASE("a refused stream is an HTTP status that says what to do", "[net][socket]") {
  chat_node node;
  const auto [why, status, code] = GENERATE(table<close_reason, int, std::string>({
      {close::invalid_token, 401, "INVALID_TOKEN"},
      {close::wrong_address, 401, "INVALID_TOKEN"},
      {close::expired, 401, "SESSION_EXPIRED"},
      {close::mismatch, 403, "FORBIDDEN"},
      {close::taken_over, 409, "DUPLICATE_CONFLICT"},
      {close::ended, 410, "SESSION_CLOSED"},
      {close::room_full, 503, "ROOM_FULL"},
      {close::going_away, 503, "OVERLOADED"},
      {close::internal, 503, "STORAGE_UNAVAILABLE"},
  }));
  auto client = node.http.connect();
  client.send(events_request("/rooms/general/events?token=later"));
  REQUIRE(node.at.wait_for([&] { return node.at.out != nullptr; }));
  deliver({.what = step::kind::close, .to = node.at.out, .why = why});
  const auto answer = client.read_answer();
  CHECK(answer.status == status);
  CHECK(answer.headers.at("content-type") == "application/json");
  CHECK(answer.headers.at("connection") == "close");
  CHECK(answer.headers.contains("www-authenticate") == (status == 401));
  CHECK(text_at(answer.body, "/error/code") == code);
  CHECK(text_at(answer.body, "/error/message") == why.text);
  CHECK(text_at(answer.body, "/error/suggestion").size() > 10);
  if (why.code == 4001)
    CHECK(text_at(answer.body, "/error/suggestion").find("chat-reconnect") != std::string::npos);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("what is no way to a stream opens none", "[net][socket]") {
  chat_node node;
  const auto [request, status, code] = GENERATE(table<std::string, int, std::string>({
      {events_request("/rooms/general/events"), 401, "UNAUTHORIZED"},
      {events_request("/rooms/general/events?token="), 401, "UNAUTHORIZED"},
      {events_request("/rooms/general/events", "Authorization: Basic Z29vZA==\r\n"), 401,
       "UNAUTHORIZED"},
      {events_request("/rooms/a%20b/events?token=good"), 404, "ROOM_NOT_FOUND"},
      {events_request("/rooms/a/b/events?token=good"), 404, "ROOM_NOT_FOUND"},
      {events_request("/rooms//events?token=good"), 426, "INVALID_REQUEST"},
      {events_request("/rooms/events?token=good"), 426, "INVALID_REQUEST"},
      {events_request(good, "Last-Event-ID: 7\r\n"), 400, "VALIDATION_ERROR"},
      {events_request(good + "&lastEventId=m7"), 400, "VALIDATION_ERROR"},
      {events_request(good, "Content-Length: 0\r\n", "POST"), 405, "METHOD_NOT_ALLOWED"},
      {events_request(good, "Origin: https://evil.example\r\n"), 403, "ORIGIN_REFUSED"},
  }));
  const auto answer = node.http.ask(request);
  CHECK(answer.status == status);
  CHECK(text_at(answer.body, "/error/code") == code);
  CHECK(node.at.presented.token.empty());
}

TEST_CASE("asking for a stream's head opens nothing", "[net][socket]") {
  chat_node node;
  auto client = node.http.connect();
  client.send(events_request(good, "", "HEAD"));
  CHECK(client.read_answer(true).status == 200);
  CHECK(node.at.presented.token.empty());
}

TEST_CASE("a stream's token and position are where clients can put them", "[net][socket]") {
  chat_node node;
  const auto [target, headers, token, since] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/rooms/general/events?token=goo%64", "", "good", "none"},
          {"/rooms/gener%61l/events", "Authorization: bearer good\r\n", "good", "none"},
          {"/rooms/general/events?token=good", "Authorization: Bearer key\r\n", "good", "none"},
          {good, "Last-Event-ID: m0000000000000007\r\n", "good", "7"},
          {good + "&lastEventId=m0000000000000007", "", "good", "7"},
          {good + "&lastEventId=m0000000000000003", "Last-Event-ID: m0000000000000007\r\n", "good",
           "7"},
          {good, "Last-Event-ID: m0000000000000000\r\n", "good", "0"},
          {good, "Last-Event-ID: \r\n", "good", "none"},
      }));
  auto client = node.http.connect();
  CHECK(client.ask(events_request(target, headers)).status == 200);
  const auto& shown = node.at.presented;
  CHECK(shown.token == token);
  CHECK(shown.room_id == "general");
  CHECK(shown.transport == session_transport::sse);
  CHECK(shown.address == "127.0.0.1");
  CHECK((shown.since ? std::to_string(*shown.since) : "none") == since);
}

TEST_CASE("a silent stream is kept open by comments", "[net][socket]") {
  chat_node node([](chat_options& o) { o.keepalive_interval = 1s; });
  auto client = reading(node);
  CHECK(client.read_until("\n\n") == keepalive_comment);
  CHECK(client.read_until("\n\n") == keepalive_comment);
}

TEST_CASE("a stream nobody answers for is refused in time", "[net][socket]") {
  chat_node node([](chat_options& o) { o.answer_timeout = 1s; });
  const auto answer = node.http.ask(events_request("/rooms/general/events?token=later"));
  CHECK(answer.status == 503);
  CHECK(text_at(answer.body, "/error/code") == "STORAGE_UNAVAILABLE");
  // The session has it all the same, too late, and hears that it is gone.
  step late{step::kind::attach, node.at.out};
  late.session = node.options.hub;
  node.at.tell(std::move(late));
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
}

TEST_CASE("the last event of a stream says why it ends", "[net][socket]") {
  chat_node node;
  auto client = reading(node);
  give(node);
  deliver({.what = step::kind::close, .to = node.at.out, .why = close::taken_over});
  node.at.send(frame_bytes("late"));
  client.read_until("\n\n");
  CHECK(client.read_to_end() ==
        "event: close\ndata: {\"code\":4004,\"reason\":\"Taken over by a newer connection\"}\n\n");
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
  CHECK(node.at.ended.why == ended_by::takeover);
}

TEST_CASE("a node that stops says so on its streams, and refuses those under way",
          "[net][socket]") {
  chat_node node;
  auto open = reading(node);
  auto opening = node.http.connect();
  opening.send(events_request("/rooms/general/events?token=later"));
  REQUIRE(node.at.wait_for([&] { return node.at.presented.token == "later"; }));
  node.http.drain();
  CHECK(open.read_until("\n\n").starts_with("event: close\ndata: {\"code\":1001,"));
  const auto answer = opening.read_answer();
  CHECK(answer.status == 503);
  CHECK(text_at(answer.body, "/error/code") == "OVERLOADED");
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
  CHECK(node.at.ended.why == ended_by::drain);
}

TEST_CASE("a stream that is not read from is closed at its limit", "[net][socket]") {
  chat_node node([](chat_options& o) { o.ws.outbox_bytes_max = 256 * 1024; });
  auto client = reading(node, 4096);
  while (read(node.http.counters.slow_consumers) == 0) {
    node.at.send(frame_bytes(std::string(60'000, 'x')));
    node.http.turn();
  }
  CHECK(node.at.wait_for([&] { return node.at.lost == 1; }));
  CHECK(node.at.ended.why == ended_by::slow);
  CHECK(node.at.ended.delivered == 0);
  CHECK(client.read_to_end().ends_with(
      "\n\nevent: close\ndata: {\"code\":4008,\"reason\":\"Too slow to read\"}\n\n"));
}

TEST_CASE("a client that said goodbye has what it was sent; of one that broke off nobody knows",
          "[net][socket]") {
  chat_node node;
  const auto lost_with = [&](int lost) {
    REQUIRE(node.at.wait_for([&] { return node.at.lost == lost; }));
    return node.at.ended.delivered;
  };
  auto polite = reading(node);
  give(node);
  polite.read_until("\n\n");
  polite.close();
  CHECK(lost_with(1) == 7);

  auto rude = reading(node);
  give(node);
  rude.read_until("\n\n");
  rude.reset();
  CHECK(lost_with(2) == 0);

  // What it has not read its kernel throws away, and says so with a reset.
  auto deaf = reading(node);
  give(node);
  for (int i = 0; i < 3; ++i) node.http.turn();
  deaf.close();
  CHECK(lost_with(3) == 0);

  auto full = reading(node, 4096);
  give(node, 500'000);
  for (int i = 0; i < 3; ++i) node.http.turn();
  full.close();
  CHECK(lost_with(4) == 0);
}

TEST_CASE("a client that vanishes while its token is redeemed leaves no stream", "[net][socket]") {
  chat_node node;
  for (int i = 0; i < 20; ++i) {
    auto client = node.http.connect();
    client.send(events_request(good));
    client.reset();
  }
  CHECK(node.http.all_gone());
  CHECK(read(node.http.counters.event_streams) == 0);
}

TEST_CASE("answers that are under way come before the stream", "[net][socket]") {
  chat_node node;
  auto client = node.http.connect();
  client.send(events_request("/health") + events_request(good));
  CHECK(client.read_answer().status == 200);
  CHECK(client.read_answer().headers.at("content-type") == "text/event-stream");
  give(node);
  CHECK(client.read_until("\n\n").starts_with("id: m0000000000000007\n"));
}

TEST_CASE("event streams go through TLS", "[net][socket]") {
  const tls_files files("stream.example");
  tls_certificate certificate;
  REQUIRE(certificate.load(files.certificate(), files.key()));
  chat_node node({}, &certificate);
  tls_client client(node.http.port);
  REQUIRE(client.shake_hands());
  client.send(events_request(good));
  CHECK(client.read_answer().status == 200);
  for (int i = 0; i < 50; ++i) give(node, 20'000);
  for (int i = 0; i < 50; ++i)
    CHECK(client.read_until("\n\n").ends_with("xx\",\"timestamp\":0}\n\n"));
  deliver({.what = step::kind::close, .to = node.at.out, .why = close::ended});
  CHECK(client.read_to_end().starts_with("event: close\ndata: {\"code\":4006,"));
  CHECK(client.was_told_goodbye());
}

}  // namespace chat::test
