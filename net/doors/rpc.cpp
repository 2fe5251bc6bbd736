#include "net/doors/doors.hpp"
#include "net/json_rpc.hpp"

namespace chat::doors {

void rpc(http_request& request, const door_context& context, responder respond) {
  auto parsed = parse_rpc(request.body());
  if (!parsed) return respond(std::move(parsed.error()));
  auto call = make_call(parsed->method, parsed->params);
  call->websocket_base = websocket_base(request, context.config);
  call->who = request.who();
  // A notification is acknowledged when it has run, too: that is what keeps a client that only
  // notifies from filling a mailbox.
  if (parsed->notification)
    call->answer = [respond](command_answer) { respond({.status = 202}); };
  else
    call->answer = [respond, id = std::move(parsed->id)](command_answer answer) {
      auto response =
          json_response(answer.retry_after_ms > 0 ? 429 : 200, rpc_result(id, answer.json));
      add_retry_after(response, answer.retry_after_ms);
      respond(std::move(response));
    };
  context.send(std::move(call));
}

}  // namespace chat::doors
