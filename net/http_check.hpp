#pragma once
// What is wrong with a request, before any door sees it (RFC 9112; RFC 6455, 4.2.1).

#include <boost/beast/http/parser.hpp>
#include <optional>

#include "net/asio.hpp"
#include "net/http_message.hpp"

namespace chat {

using request_parser = http::request_parser<http::string_body>;

/// The answer when Beast's parser gave up with `ec`.
http_response parse_refusal(error_code ec);

/// Looks at a head whose body is still to come: whatever makes the length of the body or the
/// host doubtful is refused, so that no proxy in front can see other requests than we do.
std::optional<http_response> check_head(const request_parser& parser);

/// The client waits for `100 Continue`.
bool expects_continue(const http_request::message& head);

/// The request asks to become a WebSocket, well or badly.
bool wants_websocket(const http_request& request);
/// Why it cannot, or nothing.
std::optional<http_response> check_websocket(const http_request& request);

}  // namespace chat
