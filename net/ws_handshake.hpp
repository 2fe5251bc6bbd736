#pragma once
// The answer that turns an HTTP connection into a WebSocket (RFC 6455, section 4.2.2).

#include <optional>
#include <string>

#include "net/http_message.hpp"
#include "net/loop.hpp"

namespace chat {

/// The 101 that accepts `request`, as Beast makes it; nothing for a request that is no upgrade.
std::optional<std::string> accept_websocket(const http_request::message& request, loop& home);

}  // namespace chat
