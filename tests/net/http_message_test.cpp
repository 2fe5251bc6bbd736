#include "net/http_message.hpp"

#include <catch2/catch.hpp>

namespace chat {

using text = std::optional<std::string>;

TEST_CASE("percent escapes become bytes, broken ones are refused", "[net]") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("/rooms/a%2Fb%20c") == "/rooms/a/b c");
  CHECK(percent_decode("%c3%A9") == "\xc3\xa9");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  for (const auto* broken : {"%", "%4", "abc%", "%zz", "%4g", "%%41", "% 41", "%-1", "%+1"}) {
    CAPTURE(broken);
    CHECK(percent_decode(broken) == std::nullopt);
  }
}

TEST_CASE("a query parameter is found by its decoded name", "[net]") {
  CHECK(query_parameter("token=abc", "token") == "abc");
  CHECK(query_parameter("a=1&token=a%2Bb+c&token=2", "token") == "a+b c");
  CHECK(query_parameter("to%6ben=x", "token") == "x");
  CHECK(query_parameter("token", "token") == "");
  CHECK(query_parameter("token=", "token") == "");
  CHECK(query_parameter("token=a=b", "token") == "a=b");
  CHECK(query_parameter("&&token=x&", "token") == "x");
  CHECK(query_parameter("", "token") == std::nullopt);
  CHECK(query_parameter("tokens=1&atoken=2&=3", "token") == std::nullopt);
  CHECK(query_parameter("token=%zz", "token") == std::nullopt);
}

http_request request_for(std::string_view target, std::string_view host = "") {
  http_request::message raw;
  raw.method(http::verb::get);
  raw.version(11);
  raw.target({target.data(), target.size()});
  if (!host.empty()) raw.set(http::field::host, {host.data(), host.size()});
  return {std::move(raw), "127.0.0.1"};
}

TEST_CASE("a target is taken apart in each of its forms", "[net]") {
  const auto plain = request_for("/a/b?x=1?2", "here:1");
  CHECK(plain.path() == "/a/b");
  CHECK(plain.query() == "x=1?2");
  CHECK(plain.host() == "here:1");
  const auto absolute = request_for("http://There:80/c?d", "here:1");
  CHECK(absolute.path() == "/c");
  CHECK(absolute.query() == "d");
  CHECK(absolute.host() == "There:80");
  const auto bare = request_for("http://there?d");
  CHECK(bare.path() == "/");
  CHECK(bare.query() == "d");
  CHECK(request_for("*").path() == "*");
  CHECK(request_for("/?u=http://x/y").host() == "");
}

const std::string common = "Server: chatd/" CHATD_VERSION
                           "\r\nX-Content-Type-Options: nosniff\r\n"
                           "Cache-Control: no-store\r\n";

TEST_CASE("an answer on the wire has its length and nothing else", "[net]") {
  CHECK(to_wire(json_response(200, "{}"), {}) ==
        "HTTP/1.1 200 OK\r\n" + common +
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(to_wire({.status = 202}, {}) ==
        "HTTP/1.1 202 Accepted\r\n" + common + "Content-Length: 0\r\n\r\n");
  CHECK(to_wire({.status = 204, .headers = {{"Allow", "GET"}}}, {}) ==
        "HTTP/1.1 204 No Content\r\n" + common + "Allow: GET\r\n\r\n");
  CHECK(to_wire(json_response(200, "{}"), {.keep_alive = false, .head_only = true}) ==
        "HTTP/1.1 200 OK\r\n" + common +
            "Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("a refusal says code, message, suggestion and whether to try again", "[net]") {
  const auto answer = refusal(404, make_failure(errc::not_found, "Nothing here", "Look there"));
  CHECK(answer.status == 404);
  CHECK(answer.body ==
        R"({"error":{"code":"NOT_FOUND","message":"Nothing here","suggestion":"Look there",)"
        R"("retryable":false}})");
}

}  // namespace chat
