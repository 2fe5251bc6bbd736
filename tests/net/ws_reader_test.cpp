// The client's frames, taken apart in pieces of every size. Whole conversations against the
// published conformance cases are in tests/e2e/ws_conformance_test.py.

#include "net/ws_reader.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace chat;

namespace {

// One masked frame; the mask changes every byte of it.
std::string frame_of(unsigned first_byte, std::string payload) {
  std::string out{static_cast<char>(first_byte)};
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0xFE);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xFF);
  }
  const std::string mask = "\x11\x82\x3c\xf4";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = payload[i] ^ mask[i % 4];
  return out + payload;
}

constexpr unsigned fin = 0x80;
constexpr unsigned text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10;

// Everything that comes of these bytes, given in pieces of `step`: "text:hi ping: close:1000".
std::string read_all(const std::string& bytes, std::size_t step, std::size_t max = 1000) {
  static const char* const names[] = {"none", "text", "binary", "ping", "pong", "close", "bad"};
  ws_reader reader(max);
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto piece = bytes.substr(at, step);  // of its own, as a socket's buffer is
    std::span<char> rest(piece);
    while (true) {
      const auto event = reader.next(rest);
      if (event.what == ws_event::kind::none) break;
      if (event.what == ws_event::kind::piece) continue;  // a test of its own
      seen += (seen.empty() ? "" : " ") + std::string(names[static_cast<int>(event.what)]) + ':';
      if (event.why)
        seen += std::to_string(event.why->code);
      else if (event.what == ws_event::kind::close)
        seen += std::to_string(event.code);
      seen += event.payload;
      if (event.why || event.what == ws_event::kind::close) return seen;
    }
    if (!rest.empty()) return seen + " left " + std::to_string(rest.size());
  }
  return seen;
}

void check_in_all_pieces(const std::string& bytes, const std::string& wanted) {
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    CAPTURE(step);
    REQUIRE(read_all(bytes, step) == wanted);
  }
}

}  // namespace

TEST_CASE("messages come out whole, in whatever pieces they came", "[net]") {
  const std::string long_text(300, 'x');
  check_in_all_pieces(frame_of(fin | text, "Hello") + frame_of(fin | ping, "?") +
                          frame_of(fin | binary, "\xff\xfe") + frame_of(fin | text, "") +
                          frame_of(fin | text, long_text) + frame_of(fin | pong, "!"),
                      "text:Hello ping:? binary:\xff\xfe text: text:" + long_text + " pong:!");
}

TEST_CASE("fragments become one message, with control frames between them", "[net]") {
  check_in_all_pieces(frame_of(text, "Hel") + frame_of(fin | ping, "1") + frame_of(0, "") +
                          frame_of(0, "lo ") + frame_of(fin | ping, "2") + frame_of(fin, "\u20ac") +
                          frame_of(fin | text, "next"),
                      "ping:1 ping:2 text:Hello \u20ac text:next");
}

TEST_CASE("a character may be cut by fragments and reads, never by the end", "[net]") {
  const std::string euro = "\u20ac";
  check_in_all_pieces(frame_of(text, euro.substr(0, 1)) + frame_of(0, euro.substr(1, 1)) +
                          frame_of(fin, euro.substr(2)),
                      "text:" + euro);
  check_in_all_pieces(frame_of(text, euro.substr(0, 2)) + frame_of(fin, ""), "bad:1007");
  check_in_all_pieces(frame_of(fin | text, euro.substr(0, 2)), "bad:1007");
}

TEST_CASE("a close frame has its code and reason", "[net]") {
  check_in_all_pieces(frame_of(fin | close_frame, std::string("\x03\xe8", 2) + "Bye"),
                      "close:1000Bye");
  check_in_all_pieces(frame_of(fin | close_frame, ""), "close:0");
  for (const std::string& payload : {std::string("\x03"), std::string("\x03\xed", 2),
                                     std::string("\x07\xd0", 2), std::string("\x00\x00", 2)})
    check_in_all_pieces(frame_of(fin | close_frame, payload), "bad:1002");
  check_in_all_pieces(frame_of(fin | close_frame, std::string("\x03\xe8\xff", 3)), "bad:1007");
}

TEST_CASE("a breach of the protocol is found by the header alone", "[net]") {
  const std::string bad[] = {
      frame_of(fin | 3, ""),            // an opcode nobody defined
      frame_of(fin | 11, ""),           //
      frame_of(fin | 0x40 | text, ""),  // a reserved bit
      frame_of(ping, ""),               // a control frame in pieces
      frame_of(fin, "stray"),           // a continuation of nothing
      frame_of(fin | ping, std::string(126, 'x')),
      std::string("\x81\x02hi"),                     // not masked
      std::string("\x81\xfe\x00\x7dmask", 8),        // a length that fits into one byte
      frame_of(text, "one") + frame_of(text, "two")  // a message within a message
  };
  for (const auto& bytes : bad) check_in_all_pieces(bytes, "bad:1002");
}

TEST_CASE("a message over the limit is refused before it has come", "[net]") {
  const auto whole = frame_of(fin | binary, std::string(1001, 'x'));
  CHECK(read_all(whole.substr(0, 8), 1) == "bad:1009");
  CHECK(read_all(frame_of(fin | binary, std::string(1000, 'x')), 1008).starts_with("binary:x"));
  const auto parts = frame_of(binary, std::string(600, 'x')) + frame_of(0, std::string(401, 'x'));
  CHECK(read_all(parts.substr(0, parts.size() - 401), 7) == "bad:1009");
}

TEST_CASE("short pieces between the first and the last of a message are told of", "[net]") {
  const auto pieces_of = [](const std::vector<std::size_t>& sizes) {
    ws_reader reader(100'000);
    int pieces = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const unsigned head = (i == 0 ? text : 0) | (i + 1 == sizes.size() ? fin : 0);
      auto bytes = frame_of(head, std::string(sizes[i], 'x'));
      std::span<char> rest(bytes);
      while (true) {
        const auto event = reader.next(rest);
        if (event.what == ws_event::kind::none) break;
        if (event.what == ws_event::kind::piece) ++pieces;
      }
    }
    return pieces;
  };
  CHECK(pieces_of({10}) == 0);
  CHECK(pieces_of({10, 0}) == 0);
  CHECK(pieces_of({0, 0, 10}) == 1);
  CHECK(pieces_of({1, 1, 1, 1, 1}) == 3);
  CHECK(pieces_of({4096, 4096, 4096, 4096}) == 0);
}

TEST_CASE("text is refused at the first byte that cannot be", "[net]") {
  // The frame is not all there, and need not be.
  const auto bytes = frame_of(fin | text, "good \xf4\x90 and so on");
  CHECK(read_all(bytes.substr(0, 6 + 7), 3) == "bad:1007");
  CHECK(read_all(bytes.substr(0, 6 + 6), 3).empty());
}

TEST_CASE("what is behind an event stays for the next call", "[net]") {
  ws_reader reader(1000);
  auto bytes = frame_of(fin | text, "one") + frame_of(fin | text, "two");
  std::span<char> rest(bytes);
  CHECK(reader.next(rest).payload == "one");
  CHECK(rest.size() == bytes.size() / 2);
  CHECK(reader.next(rest).payload == "two");
  CHECK(rest.empty());
  CHECK(reader.next(rest).what == ws_event::kind::none);
}
