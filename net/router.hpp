#pragma once
// Finds the door a request is for.

#include "net/http_config.hpp"

namespace chat {

/// Answers the request, or has its door do it. Host and Origin are checked already. Thread: the
/// loop's.
void route(http_request request, const door_context& context, responder respond);

}  // namespace chat
