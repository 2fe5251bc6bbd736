#include "net/doors/doors.hpp"

namespace chat::doors {

void home(http_request& request, const door_context& context, responder respond) {
  const auto here = base_url(request, context.config);
  std::string text =
      "chatd " CHATD_VERSION
      ": a chat node for people on WebSockets and agents on commands.\n\n"
      "See its rooms:\n"
      "  curl -s " +
      here +
      "/rpc -d '{\"method\":\"chat-rooms\"}' "
      "-H 'Content-Type: application/json'\n\n"
      "Say something:\n"
      "  curl -s " +
      here +
      "/rpc -d "
      "'{\"method\":\"chat-send\",\"params\":{\"roomId\":\"general\",\"text\":\"Hello\"}}' "
      "-H 'Content-Type: application/json'\n\n"
      "All commands: the same with method afd-help. Agents speak MCP at /mcp.\n"
      "A WebSocket begins with chat-connect, whose answer names the address and the token.\n";
  respond({.content_type = "text/plain; charset=utf-8", .body = std::move(text)});
}

void health(http_request&, const door_context&, responder respond) {
  respond(json_response(200, R"({"status":"ok","name":"chatd","version":")" CHATD_VERSION R"("})"));
}

void ready(http_request&, const door_context& context, responder respond) {
  const auto why_not = context.config.not_ready ? context.config.not_ready() : std::nullopt;
  respond(why_not ? refusal(503, *why_not) : json_response(200, R"({"status":"ready"})"));
}

}  // namespace chat::doors
