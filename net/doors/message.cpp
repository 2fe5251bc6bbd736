#include "net/doors/doors.hpp"
#include "net/mcp/front.hpp"
#include "net/mcp/sessions.hpp"
#include "net/rpc_batch.hpp"

namespace chat::doors {

namespace {

void initialize(const rpc_request& call, const http_config& config, const mcp::session_ptr& of,
                mcp::outlet& out) {
  const auto version = mcp::version_for(call);
  if (of) of->agree(std::string(version), mcp::features_in(call));
  out.finish(rpc_result(call.id, mcp::initialize_result(*config.mcp, version, of != nullptr)), 200);
}

void one_message(http_request& request, const door_context& context, responder respond) {
  const auto session_id = query_parameter(request.query(), "sessionId").value_or("");
  mcp::session_ptr of;
  if (!session_id.empty()) of = context.config.sessions->find(session_id, request.who().user_id);
  if (of && of->what != mcp::session::kind::event_stream) of = nullptr;
  if (!session_id.empty() && !of)
    return respond(refusal(404, make_failure(errc::not_found, "This event stream is not open",
                                             "Open GET /sse and post to the path it names")));
  if (of) of->present(mcp::who_sent(request, context.config));
  const auto call = parse_rpc(request.body(), of ? rpc_from::peer : rpc_from::caller);
  if (!call) return respond(call.error());
  if (call->is_response) {
    of->reply(call->id, call->result);
    return respond({.status = 202});
  }
  if (of && mcp::take_note(*call, *of)) return respond({.status = 202});
  if (call->notification && call->method.starts_with("notifications/"))
    return respond({.status = 202});
  const auto out = call->notification ? mcp::silent_outlet(std::move(respond))
                   : of               ? mcp::stream_outlet(of, std::move(respond))
                        : std::make_shared<mcp::http_outlet>(std::move(respond), false);
  if (call->method == "initialize") return initialize(*call, context.config, of, *out);
  mcp::answer(
      of ? mcp::facts_of(request, *call, context, of) : mcp::facts_of(request, *call, context),
      *call, context, out);
}

}  // namespace

void message(http_request& request, const door_context& context, responder respond) {
  if (is_rpc_batch(request.body()))
    return answer_rpc_batch(request, context, std::move(respond), one_message);
  one_message(request, context, std::move(respond));
}

}  // namespace chat::doors
