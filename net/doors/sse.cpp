#include "net/doors/doors.hpp"
#include "net/event_stream.hpp"
#include "net/mcp/front.hpp"
#include "net/mcp/sessions.hpp"

namespace chat::doors {

void sse(http_request& request, const door_context& context, responder respond) {
  auto& all = *context.config.sessions;
  auto place = all.take_stream();
  auto of = place ? all.open(request.who().user_id, mcp::session::kind::event_stream) : nullptr;
  if (!of)
    return respond(refusal(503, make_failure(errc::overloaded, "There are too many event streams",
                                             "Try again later, or POST /message without /sse")));
  of->present(mcp::who_sent(request, context.config));
  // Where to send calls: a plain path, as MCP clients of 2024-11-05 want it.
  auto begin = encode_event(
      "endpoint", url_of_node(request, context.config).path + "/message?sessionId=" + of->id);
  respond({.content_type = "text/event-stream",
           .body = std::move(begin),
           .stream = all.stream_of(std::move(of), std::move(place), context.home,
                                   context.config.credential_interval)});
}

}  // namespace chat::doors
