#include "net/request_reader.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "model/limits.hpp"

namespace chat {

namespace {

// Feeds the bytes in pieces and says what came out: `GET /a [body]` a request, and the status of
// a refusal, which ends it.
std::string outcome_of(std::string_view bytes, std::size_t piece = static_cast<std::size_t>(-1)) {
  request_reader reader;
  std::string out;
  for (;;) {
    switch (reader.parse()) {
      case request_reader::outcome::complete: {
        const auto m = reader.take_request();
        out +=
            std::string(m.method_string()) + ' ' + std::string(m.target()) + " [" + m.body() + "] ";
        continue;
      }
      case request_reader::outcome::refused:
        return out + std::to_string(reader.take_refusal().status);
      case request_reader::outcome::need_more:
        break;
    }
    if (bytes.empty()) return out + (reader.has_begun() ? "more" : "end");
    const auto room = reader.room();
    const auto n = std::min({bytes.size(), room.size(), piece});
    std::memcpy(room.data(), bytes.data(), n);
    reader.commit(n);
    bytes.remove_prefix(n);
  }
}

struct row {
  std::string bytes;
  std::string_view outcome;
};

std::string post_of(std::string_view headers, std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

const row rows[] = {
    {"", "end"},
    {"GET", "more"},
    {"GET / HTTP/1.1\r\nHost: a\r\n", "more"},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / [] end"},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", "GET / [] end"},
    {"GET /a?b HTTP/1.1\r\nhOST:a\r\n\r\nHEAD /c HTTP/1.1\r\nHost: \r\n\r\n",
     "GET /a?b [] HEAD /c [] end"},
    {"GET / HTTP/1.0\r\n\r\n", "GET / [] end"},
    {"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /pot [] end"},
    {post_of("Content-Length: 2\r\n", "hi"), "POST /p [hi] end"},
    {post_of("Content-Length: 0\r\n", ""), "POST /p [] end"},
    {post_of("Content-Length: 2\r\n", "h"), "more"},
    {post_of("Content-Length: 2\r\n", "hi") + post_of("Content-Length: 1\r\n", "x"),
     "POST /p [hi] POST /p [x] end"},
    {post_of("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n3;x=y\r\n yo\r\n0\r\n\r\n"),
     "POST /p [hi yo] end"},
    {post_of("Transfer-Encoding: Chunked\r\n", "0\r\nTrailer: x\r\n\r\n"), "POST /p [] end"},
    {post_of("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi"), "POST /p [hi] end"},
    // No length.
    {post_of("", ""), "411"},
    {"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", "411"},
    // No host, or two.
    {"GET / HTTP/1.1\r\n\r\n", "400"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
    // Trailers are no headers.
    {post_of("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\n\r\n"), "POST /p [] end"},
    // Requests that two readers could understand in two ways.
    {post_of("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"), "400"},
    {post_of("Content-Length: 2\r\nTransfer-Encoding: identity\r\n", "hi"), "400"},
    {post_of("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "hi"), "400"},
    {post_of("Content-Length: 2\r\nContent-Length: 3\r\n", "hi!"), "400"},
    {post_of("Content-Length: 2, 3\r\n", "hi!"), "400"},
    {post_of("Content-Length: +2\r\n", "hi"), "400"},
    {post_of("Content-Length: -2\r\n", "hi"), "400"},
    {post_of("Content-Length: 0x2\r\n", "hi"), "400"},
    {post_of("Content-Length: 2 2\r\n", "hi"), "400"},
    {post_of("Content-Length:\r\n", "hi"), "400"},
    {post_of("Content-Length: 99999999999999999999\r\n", "hi"), "400"},
    {post_of("Content-Length : 2\r\n", "hi"), "400"},
    {post_of("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
    {post_of("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501"},
    {post_of("Transfer-Encoding: gzip\r\n", ""), "501"},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
    // Chunks.
    {post_of("Transfer-Encoding: chunked\r\n", "x\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "0x2\r\nhi\r\n0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "-1\r\nhi\r\n0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "2\r\nhiX\r\n0\r\n\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n"), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "FFFFFFFF\r\n"), "413"},
    {post_of("Transfer-Encoding: chunked\r\n", "2;" + std::string(40'000, 'x')), "400"},
    {post_of("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(40'000, 'x')), "400"},
    // Not HTTP/1.
    {"GET /\r\n\r\n", "400"},
    {"GET / HTTP/1.1\nHost: a\n\r\n\r\n", "400"},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "400"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"GET / HTTP/1.1\r\nHost a\r\n\r\n", "400"},
    {"GET / HTTP/1.1\r\n: a\r\n\r\n", "400"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n", "400"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1, '\0') + "\r\n\r\n", "400"},
    {"\x16\x03\x01\x02", "400"},
    {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", "417"},
    // Too much.
    {"GET /" + std::string(17'000, 'a'), "431"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'a'), "431"},
    {post_of("Content-Length: 1048577\r\n", ""), "413"},
    {post_of("Content-Length: 18446744073709551615\r\n", ""), "413"},
};

}  // namespace

TEST_CASE("requests and refusals come out alike, however the bytes are cut", "[net]") {
  for (const auto& r : rows) {
    CAPTURE(r.bytes.substr(0, 200));
    CHECK(outcome_of(r.bytes) == r.outcome);
    CHECK(outcome_of(r.bytes, 1) == r.outcome);
    CHECK(outcome_of(r.bytes, 7) == r.outcome);
  }
}

TEST_CASE("many small headers are too much head as one big one is", "[net]") {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 3000; ++i) head += "X-" + std::to_string(i) + ": y\r\n";
  CHECK(outcome_of(head) == "431");
  CHECK(outcome_of(head, 1) == "431");
}

TEST_CASE("a head and a body of just the limit pass, one byte more does not", "[net]") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const auto of_size = [&](std::size_t size) {
    return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
  };
  CHECK(outcome_of(of_size(limits::http_header_bytes_max)) != "431");
  CHECK(outcome_of(of_size(limits::http_header_bytes_max + 1)) == "431");

  const std::string big(limits::http_body_bytes_max, 'b');
  CHECK(outcome_of(post_of("Content-Length: 1048576\r\n", big)).ends_with("b] end"));
  std::string chunks;
  for (int i = 0; i < 64; ++i) chunks += "4000\r\n" + std::string(0x4000, 'b') + "\r\n";
  CHECK(outcome_of(post_of("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"))
            .ends_with("] end"));
  CHECK(outcome_of(post_of("Transfer-Encoding: chunked\r\n", chunks + "1\r\nb\r\n")) == "413");
}

TEST_CASE("a client that waits for 100 Continue is noticed once", "[net]") {
  const auto expects = [](std::string_view bytes) {
    request_reader reader;
    const auto room = reader.room();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    reader.commit(bytes.size());
    reader.parse();
    const bool first = reader.take_expectation();
    return first && !reader.take_expectation();
  };
  CHECK(expects(post_of("Expect: 100-Continue\r\nContent-Length: 2\r\n", "")));
  CHECK_FALSE(expects(post_of("Expect: 100-continue\r\nContent-Length: 2\r\n", "h")));
  CHECK_FALSE(expects(post_of("Expect: 100-continue\r\nContent-Length: 0\r\n", "")));
  CHECK_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
}

}  // namespace chat
