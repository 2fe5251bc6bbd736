#include "net/http_check.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

#include "net/http_list.hpp"

namespace chat {

namespace {

http_response bad_request(std::string message, std::string suggestion = {}) {
  return refusal(400,
                 make_failure(errc::invalid_request, std::move(message), std::move(suggestion)));
}

// Of these the node reads one value. Two that differ would be two requests: which of them counts is
// not for a proxy in front, or for us, to guess (RFC 9110, 5.3).
constexpr std::array<std::string_view, 9> single_headers{
    "Authorization",  "Content-Type", "Last-Event-ID",     "MCP-Protocol-Version",  "Mcp-Method",
    "Mcp-Session-Id", "Origin",       "Sec-WebSocket-Key", "Sec-WebSocket-Version",
};

std::optional<http_response> check_singles(const http_request::message& head) {
  for (const auto name : single_headers) {
    const auto [first, last] = head.equal_range(beast::string_view(name.data(), name.size()));
    for (auto line = first; line != last; ++line)
      if (line->value() != first->value())
        return bad_request("There are several " + std::string(name) + " headers",
                           "Send one " + std::string(name) + " header");
  }
  return std::nullopt;
}

std::optional<http_response> check_hosts(const http_request::message& head) {
  const auto hosts = head.count(http::field::host);
  if (hosts > 1) return bad_request("There are several Host headers", "Send one Host header");
  if (hosts == 0 && head.version() >= 11)
    return bad_request("The Host header is missing",
                       "Send a Host header, as HTTP/1.1 asks, such as Host: localhost:3100");
  return std::nullopt;
}

std::optional<http_response> check_transfer_coding(const http_request::message& head) {
  if (head.count(http::field::transfer_encoding) == 0) return std::nullopt;
  if (head.count(http::field::content_length) > 0)
    return bad_request("Transfer-Encoding and Content-Length exclude each other",
                       "Send one of the two headers");
  if (head.version() < 11) return bad_request("HTTP/1.0 knows no Transfer-Encoding");
  if (!beast::iequals(head[http::field::transfer_encoding], "chunked"))
    return refusal(501, make_failure(errc::invalid_request, "Unknown Transfer-Encoding",
                                     "Send the body plain, with Content-Length, or chunked"));
  return std::nullopt;
}

// Bodies are read as they come: compressed ones would cost more than their size says.
std::optional<http_response> check_content_coding(const http_request::message& head) {
  const auto [first, last] = head.equal_range(http::field::content_encoding);
  for (auto line = first; line != last; ++line)
    for (const auto& coding : http::token_list(line->value())) {
      if (beast::iequals(coding, "identity")) continue;
      auto answer = refusal(415, make_failure(errc::unsupported_media_type,
                                              "Bodies with a Content-Encoding are not taken",
                                              "Send the body as it is, not compressed"));
      answer.headers = {{"Accept-Encoding", "identity"}};  // RFC 9110, 15.5.16
      return answer;
    }
  return std::nullopt;
}

// A base64 text of 16 bytes.
bool is_websocket_key(std::string_view key) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == 24 && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, is_digit);
}

}  // namespace

http_response parse_refusal(error_code ec) {
  if (ec == http::error::header_limit)
    return refusal(431, make_failure(errc::header_too_large, "The head of the request is too big"));
  if (ec == http::error::body_limit)
    return refusal(413, make_failure(errc::payload_too_large, "The body is over 1 MiB"));
  return bad_request("Malformed HTTP request: " + ec.message());
}

std::optional<http_response> check_head(const request_parser& parser) {
  const auto& head = parser.get();
  if (auto bad = check_hosts(head)) return bad;
  if (auto bad = check_singles(head)) return bad;
  if (auto bad = check_transfer_coding(head)) return bad;
  if (auto bad = check_content_coding(head)) return bad;
  const auto method = head.method();
  const bool should_have_body =
      method == http::verb::post || method == http::verb::put || method == http::verb::patch;
  if (should_have_body && !parser.chunked() && !parser.content_length())
    return refusal(411, make_failure(errc::length_required, "The length of the body is unknown"));
  if (head.count(http::field::expect) > 0 && !expects_continue(head) && head.version() >= 11)
    return refusal(417, make_failure(errc::invalid_request, "Unknown expectation",
                                     "Leave out the Expect header, or send 100-continue"));
  return std::nullopt;
}

bool expects_continue(const http_request::message& head) {
  if (head.version() < 11) return false;
  const auto value = head[http::field::expect];
  std::string_view list(value.data(), value.size());
  bool is_expected = false;
  while (!list.empty()) {
    if (!beast::iequals(take_element(list), "100-continue")) return false;
    is_expected = true;
  }
  return is_expected;
}

bool wants_websocket(const http_request& request) {
  return has_element(request.header(http::field::upgrade), "websocket") &&
         has_element(request.header(http::field::connection), "upgrade");
}

std::optional<http_response> check_websocket(const http_request& request) {
  if (request.method() != http::verb::get || request.raw().version() < 11)
    return bad_request("A WebSocket starts with a GET of HTTP/1.1");
  if (request.header(http::field::sec_websocket_version) != "13") {
    auto answer = refusal(426, make_failure(errc::invalid_request, "Unknown WebSocket version",
                                            "Use version 13 (RFC 6455)"));
    answer.headers = {
        {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}};
    return answer;
  }
  if (!is_websocket_key(request.header(http::field::sec_websocket_key)))
    return bad_request("Sec-WebSocket-Key is missing or not 16 bytes in base64");
  return std::nullopt;
}

}  // namespace chat
