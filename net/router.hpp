#pragma once
// Finds the door a request is for.

#include "net/http_config.hpp"

namespace chat {

/// Answers the request, or has its door do it. Host and Origin are checked already. `from`, the
/// place of its connection, learns that its peer is known. Thread: the loop's.
void route(http_request request, const door_context& context, seat& from, responder respond);

}  // namespace chat
