#include <boost/beast/core/string.hpp>

#include "net/doors/doors.hpp"
#include "net/http_list.hpp"
#include "net/mcp/front.hpp"
#include "net/mcp/sessions.hpp"
#include "net/mcp/stateless.hpp"
#include "net/rpc_batch.hpp"

namespace chat::doors {

namespace {

constexpr const char* session_header = "Mcp-Session-Id";

http_response refused(unsigned status, std::string_view id, rpc_error why) {
  return json_response(status, rpc_failure(id, why));
}

// Whether the client takes such an answer (RFC 9110, 12.5.1); weights are no matter.
bool accepts(const http_request& request, std::string_view type) {
  auto list = request.header(http::field::accept);
  if (list.empty()) return true;
  while (!list.empty()) {
    auto weighed = take_element(list);
    const auto range = take_element(weighed, ';');
    if (range == "*/*" || beast::iequals(range, type) ||
        (range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1))))
      return true;
  }
  return false;
}

// The session that the request names, or the answer when there is none.
tl::expected<mcp::session_ptr, http_response> find_session(const http_request& request,
                                                           const http_config& config,
                                                           std::string_view rpc_id) {
  const auto id = request.header(session_header);
  if (id.empty())
    return tl::unexpected(
        refused(400, rpc_id,
                {rpc_code::invalid_request, "Mcp-Session-Id is missing",
                 "Begin a session with initialize, or send version 2026-07-28 in params._meta and "
                 "headers"}));
  auto found = config.sessions->find(std::string(id), request.who().user_id);
  if (!found || found->what != mcp::session::kind::streamable)
    return tl::unexpected(
        refused(404, rpc_id,
                {rpc_code::invalid_request, "There is no such session, or no more",
                 "Begin a new one with initialize, without Mcp-Session-Id"}));
  const auto version = request.header("MCP-Protocol-Version");
  if (!version.empty() && !mcp::is_session_version(version))
    return tl::unexpected(
        refused(400, rpc_id,
                {rpc_code::invalid_request, "MCP-Protocol-Version is none that has sessions",
                 "Send the protocolVersion that initialize answered"}));
  found->present(mcp::who_sent(request, config));
  return found;
}

void initialize(const http_request& request, const rpc_request& call, const http_config& config,
                const responder& respond) {
  const auto of = config.sessions->open(request.who().user_id, mcp::session::kind::streamable);
  if (!of)
    return respond(refused(503, call.id,
                           {rpc_code::internal_error, "There are too many sessions",
                            "Try again later, or use version 2026-07-28, which has none"}));
  of->present(mcp::who_sent(request, config));
  const auto version = mcp::version_for(call);
  of->agree(std::string(version), mcp::features_in(call));
  auto answer =
      json_response(200, rpc_result(call.id, mcp::initialize_result(*config.mcp, version, true)));
  answer.headers = {{session_header, of->id}};
  respond(std::move(answer));
}

void answer_stateless(const http_request& request, const rpc_request& call,
                      const door_context& context, responder respond) {
  if (call.is_response)
    return respond(refused(400, call.id,
                           {rpc_code::invalid_request, "This revision has no responses",
                            "Repeat the request with inputResponses"}));
  if (call.notification) return respond({.status = 202});
  if (auto bad = mcp::check_stateless(request, call, *context.config.mcp))
    return respond(refused(bad->status, call.id, std::move(bad->why)));
  auto facts = mcp::facts_of(request, call, context);
  mcp::read_meta(call, facts);
  mcp::answer(std::move(facts), call, context,
              std::make_shared<mcp::http_outlet>(std::move(respond),
                                                 accepts(request, "text/event-stream")));
}

void answer_in_session(const http_request& request, const rpc_request& call,
                       const door_context& context, responder respond, bool may_stream) {
  auto of = find_session(request, context.config, call.id);
  if (!of) return respond(std::move(of.error()));
  if (call.is_response) {
    (*of)->reply(call.id, call.result);
    return respond({.status = 202});
  }
  if (mcp::take_note(call, **of)) return respond({.status = 202});
  std::shared_ptr<mcp::outlet> out;
  if (call.notification)
    out = mcp::silent_outlet(std::move(respond));
  else
    out = std::make_shared<mcp::http_outlet>(std::move(respond), may_stream);
  mcp::answer(mcp::facts_of(request, call, context, std::move(*of)), call, context, out);
}

// One message of a batch. Its answer is an item of a list: nothing can come before it.
void one_of_batch(http_request& request, const door_context& context, responder respond) {
  const auto call = parse_rpc(request.body(), rpc_from::peer);
  if (!call) return respond(call.error());
  if (call->method == "initialize")
    return respond(refused(400, call->id,
                           {rpc_code::invalid_request, "initialize cannot be part of a batch",
                            "Send it alone, before anything else"}));
  answer_in_session(request, *call, context, std::move(respond), false);
}

// Of the revisions with sessions the first two have batches, the later ones have none.
void post_batch(http_request& request, const door_context& context, responder respond) {
  const auto of = find_session(request, context.config, "null");
  if (!of) return respond(of.error());
  const auto version = (*of)->agreed().version;
  if (version != "2025-03-26" && version != "2024-11-05")
    return respond(refused(400, "null",
                           {rpc_code::invalid_request, "Revision " + version + " has no batches",
                            "Send one message a request, or agree on 2025-03-26 in initialize"}));
  answer_rpc_batch(request, context, std::move(respond), one_of_batch);
}

}  // namespace

void mcp_post(http_request& request, const door_context& context, responder respond) {
  if (is_rpc_batch(request.body())) return post_batch(request, context, std::move(respond));
  const auto call = parse_rpc(request.body(), rpc_from::peer);
  if (!call) return respond(call.error());
  if (!accepts(request, "application/json"))
    return respond(refused(406, call->id,
                           {rpc_code::invalid_request, "You do not accept JSON",
                            "Send Accept: application/json, text/event-stream"}));
  if (mcp::is_stateless(request, *call))
    return answer_stateless(request, *call, context, std::move(respond));
  if (call->method == "initialize" && !call->notification)
    return initialize(request, *call, context.config, respond);
  answer_in_session(request, *call, context, std::move(respond),
                    accepts(request, "text/event-stream"));
}

// Without a session this is a client of 2026-07-28, or one that can do without (2025-11-25,
// basic/transports, Listening for Messages).
void mcp_get(http_request& request, const door_context& context, responder respond) {
  if (request.header(session_header).empty()) {
    auto answer =
        refusal(405, make_failure(errc::method_not_allowed, "GET /mcp is a session's event stream",
                                  "Begin a session with initialize at POST /mcp, or "
                                  "POST subscriptions/listen"));
    answer.headers = {{"Allow", "POST"}};
    return respond(std::move(answer));
  }
  auto of = find_session(request, context.config, "null");
  if (!of) return respond(std::move(of.error()));
  if (!accepts(request, "text/event-stream"))
    return respond(refused(406, "null",
                           {rpc_code::invalid_request, "You do not accept event streams",
                            "Send Accept: text/event-stream"}));
  auto place = context.config.sessions->take_stream();
  if (!place)
    return respond(refusal(503, make_failure(errc::overloaded, "There are too many event streams",
                                             "Go on without; POST /mcp works as before")));
  respond(
      {.content_type = "text/event-stream",
       .headers = {{"X-Accel-Buffering", "no"}},
       .stream = context.config.sessions->stream_of(std::move(*of), std::move(place), context.home,
                                                    context.config.credential_interval)});
}

void mcp_delete(http_request& request, const door_context& context, responder respond) {
  const auto of = find_session(request, context.config, "null");
  if (!of) return respond(of.error());
  context.config.sessions->end((*of)->id);
  respond({.status = 204});
}

}  // namespace chat::doors
