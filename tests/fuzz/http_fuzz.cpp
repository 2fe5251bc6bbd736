// What a connection brings, up to its end. However it is cut, the same requests come of it and then
// the same refusal; and no request passes whose length or host another reader could see otherwise.

#include <boost/beast/http/parser.hpp>
#include <cstring>

#include "model/limits.hpp"
#include "model/unicode.hpp"
#include "net/origin_check.hpp"
#include "net/request_reader.hpp"
#include "tests/fuzz/visit.hpp"

namespace chat {

namespace {

using fuzz::dice;
using fuzz::promise;

// The limits lie at 16 KiB, where no fuzzer gets by itself: a byte 0xFE stands for a run of the one
// before it.
std::string stretched(std::string_view input) {
  constexpr std::size_t run_bytes = 4'000;
  int runs_left = 10;
  std::string out;
  for (const char c : input)
    if (c == '\xFE' && !out.empty() && runs_left-- > 0)
      out.append(run_bytes, out.back());
    else
      out += c;
  return out;
}

// RFC 9112, 3.2 and 6.3: one Host, and one way to tell the length.
void check_framing(const http_request::message& m) {
  const auto hosts = m.count(http::field::host);
  promise(hosts == 1 || (hosts == 0 && m.version() < 11), "there is one Host");
  const auto codings = m.count(http::field::transfer_encoding);
  const auto lengths = m.equal_range(http::field::content_length);
  for (auto length = lengths.first; length != lengths.second; ++length)
    promise(std::stoull(std::string(length->value())) == m.body().size(),
            "a body is as long as its Content-Length");
  const bool has_length = lengths.first != lengths.second;
  promise(codings + (has_length ? 1 : 0) <= 1, "there is one way to tell the length");
  promise(m.body().empty() || codings == 1 || has_length, "a body is announced");
  promise(m.body().size() <= limits::http_body_bytes_max, "a body is bounded");
}

void check_authority(std::string_view text) {
  const auto parsed = parse_authority(text);
  if (!parsed) return;
  promise(!parsed->host.empty() && parsed->port.size() <= 5, "an authority has a host");
  const bool is_v6 = parsed->host.find(':') != std::string::npos;
  const auto again = parse_authority((is_v6 ? '[' + parsed->host + ']' : parsed->host) +
                                     (parsed->port.empty() ? "" : ':' + parsed->port));
  promise(again && again->host == parsed->host && again->port == parsed->port,
          "an authority says the same when written again");
}

// One answer as its client sees it.
void check_answer(const http_response& answer, bool head_only) {
  const auto wire = to_wire(answer, {.keep_alive = false, .head_only = head_only});
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.skip(head_only);
  error_code ec;
  const auto used = parser.put(asio::buffer(wire), ec);
  if (!ec && answer.stream) parser.put_eof(ec);
  promise(!ec && used == wire.size() && parser.is_done(), "an answer is one HTTP response");
  promise(parser.get().result_int() == answer.status, "of its status");
  promise(head_only || parser.get().body() == answer.body, "and of its body");
}

void check_refusal(const http_response& answer, bool head_only) {
  promise(!fuzz::value_at(answer.body, "/error/suggestion").empty(), "a refusal says what to do");
  check_answer(answer, head_only);
}

// As http_connection goes on with a request.
void check_request(http_request request) {
  static const origin_policy policy({"wss://chat.example:8443/chat"}, {"127.0.0.1", "::"});
  static node_counters counters;
  static const http_config config = [] {
    http_config c{.counters = counters};
    c.public_urls.push_back(*parse_public_url("wss://chat.example:8443/chat"));
    c.proxies.add("127.0.0.1");
    return c;
  }();
  look_behind_proxies(request, config);
  promise(is_utf8(url_of_node(request, config).path), "the node's path is plain");
  check_framing(request.raw());
  check_authority(request.host());
  check_authority(request.origin());
  const bool head_only = request.method() == http::verb::head;
  if (const auto why = policy.check(request)) return check_refusal(refusal(403, *why), head_only);
  const auto answer = fuzz::visit_door(std::move(request)).answer;
  promise(is_utf8(answer.body), "an answer is UTF-8, whatever it repeats of the request");
  check_answer(answer, head_only);
  if (answer.status > 400) check_refusal(answer, head_only);  // 400 may be JSON-RPC's: see rpc_fuzz
}

std::string as_text(const http_request::message& m) {
  std::string out = std::string(m.method_string()) + ' ' + std::string(m.target()) + ' ' +
                    std::to_string(m.version()) + '\n';
  for (const auto& field : m)
    out.append(field.name_string()).append(": ").append(field.value()) += '\n';
  return out + '[' + m.body() + "]\n";
}

// What a connection came to.
struct story {
  std::string requests;
  std::string end;         // the refusal, what follows an upgrade, or that there is more to come
  bool is_settled = true;  // else the last bytes may or may not be refused already
};

story end_of(story so_far, request_reader& reader) {
  if (!reader.has_begun()) return so_far;
  so_far.end = "unfinished";
  // Fewer bytes than the end of a chunked body has are looked at when more have come.
  so_far.is_settled = reader.take_rest().size() >= 5;
  return so_far;
}

// Feeds the bytes in pieces of such sizes.
template <class Size>
story story_of(std::string_view bytes, Size piece_size) {
  request_reader reader;
  story told;
  for (;;) {
    switch (reader.parse()) {
      case request_reader::outcome::complete: {
        reader.take_expectation();
        http_request request(reader.take_request(), "127.0.0.1");
        told.requests += as_text(request.raw());
        if (wants_websocket(request) && !check_websocket(request)) {
          told.end = "WebSocket " + reader.take_rest() + std::string(bytes);
          return told;
        }
        check_request(std::move(request));
        continue;
      }
      case request_reader::outcome::refused: {
        const auto why = reader.take_refusal();
        check_refusal(why, reader.is_head_method());
        // A head that is malformed and too big as well may be refused as either.
        told.end = why.status == 400 || why.status == 431 ? "400 or 431" : why.body;
        return told;
      }
      case request_reader::outcome::need_more:
        break;
    }
    if (bytes.empty()) return end_of(std::move(told), reader);
    const auto room = reader.room();
    promise(room.size() > 0, "who needs more has room for it");
    const auto n = std::min({bytes.size(), room.size(), piece_size()});
    std::memcpy(room.data(), bytes.data(), n);
    reader.commit(n);
    bytes.remove_prefix(n);
  }
}

void promise_same(const story& a, const story& b) {
  fuzz::promise_same(a.requests, b.requests, "requests do not depend on how their bytes come");
  if (a.is_settled && b.is_settled) fuzz::promise_same(a.end, b.end, "nor does what follows them");
}

// `text` as any client may write it into a URL.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

void check_query(std::string_view text) {
  const auto query = "a=b&" + percent_encoded("token") + '=' + percent_encoded(text) + "&token=x";
  promise(query_parameter(query, "token") == text, "a query gives back what was put into it");
  query_parameter(text, "token");
}

}  // namespace

}  // namespace chat

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chat;
  const auto input = fuzz::text_of(data, size);
  // An empty line: where a head is malformed is told at once or at its end.
  const auto bytes = stretched(input) + "\r\n\r\n";
  dice random(input);
  const auto whole = story_of(bytes, [] { return std::size_t{1} << 20; });
  promise_same(whole, story_of(bytes, [&] { return random.piece(); }));
  if (bytes.size() < 1'000)  // else it takes too long
    promise_same(whole, story_of(bytes, [] { return std::size_t{1}; }));
  check_query(input);
  return 0;
}
