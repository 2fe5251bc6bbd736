#include "net/doors/doors.hpp"
#include "net/json_rpc.hpp"
#include "net/rpc_batch.hpp"

namespace chat::doors {

namespace {

void one_call(http_request& request, const door_context& context, responder respond) {
  auto parsed = parse_rpc(request.body());
  if (!parsed) return respond(std::move(parsed.error()));
  auto call = make_call(parsed->method, parsed->params);
  call->websocket_base = websocket_base(request, context.config);
  call->who = request.who();
  call->still_wanted = request.still_wanted();
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

}  // namespace

void rpc(http_request& request, const door_context& context, responder respond) {
  if (is_rpc_batch(request.body()))
    return answer_rpc_batch(request, context, std::move(respond), one_call);
  one_call(request, context, std::move(respond));
}

}  // namespace chat::doors
