#include "net/doors/doors.hpp"

namespace chat::doors {

void health(http_request&, const door_context&, responder respond) {
  respond(json_response(200, R"({"status":"ok","name":"chatd","version":")" CHATD_VERSION R"("})"));
}

void ready(http_request&, const door_context& context, responder respond) {
  const auto why_not = context.config.not_ready ? context.config.not_ready() : std::nullopt;
  respond(why_not ? refusal(503, *why_not) : json_response(200, R"({"status":"ready"})"));
}

}  // namespace chat::doors
