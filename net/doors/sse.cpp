#include "model/ids.hpp"
#include "net/doors/doors.hpp"

namespace chat::doors {

void sse(http_request& request, const door_context& context, responder respond) {
  const auto session_id = new_trace_id();
  auto stream = context.config.streams->open(session_id, request.who().user_id);
  if (!stream)
    return respond(refusal(503, make_failure(errc::overloaded, "There are too many event streams",
                                             "Try again later, or POST /message without /sse")));
  // Where to send calls: a plain path, as MCP clients of 2024-11-05 want it.
  respond({.content_type = "text/event-stream",
           .body = encode_event("endpoint", "/message?sessionId=" + session_id),
           .stream = std::move(stream)});
}

}  // namespace chat::doors
