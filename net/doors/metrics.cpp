#include "net/metrics.hpp"

#include "net/doors/doors.hpp"

namespace chat::doors {

void metrics(http_request&, const door_context& context, responder respond) {
  respond({.content_type = "text/plain; version=0.0.4; charset=utf-8",
           .body = metrics_text(context.config.counters, context.config.node)});
}

}  // namespace chat::doors
