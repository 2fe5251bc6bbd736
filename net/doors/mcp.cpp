#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/doors/doors.hpp"
#include "net/doors/mcp_tools.hpp"
#include "net/json_rpc.hpp"

namespace chat::doors {

namespace {

// One JSON-RPC answer on its way: into the body of the POST or, when that belongs to a session,
// onto its event stream, and 202 for the POST. Copies are one right to answer, as a responder's.
class mcp_reply {
 public:
  mcp_reply(const rpc_request& call, std::string session_id, const door_context& context,
            responder respond)
      : id_(call.id),
        notification_(call.notification),
        session_id_(std::move(session_id)),
        streams_(context.config.streams),
        respond_(std::move(respond)) {}

  void result(std::string_view json) const { send(rpc_result(id_, json)); }
  void error(const rpc_error& why) const { send(rpc_failure(id_, why)); }
  void nothing() const { respond_({.status = 202}); }

 private:
  void send(std::string json) const {
    if (notification_) return nothing();
    if (session_id_.empty()) return respond_(json_response(200, std::move(json)));
    streams_->send(session_id_, "message", json);
    nothing();
  }

  std::string id_;
  bool notification_;
  std::string session_id_;
  std::shared_ptr<event_streams> streams_;
  responder respond_;
};

std::string tool_result(const command_answer& answer) {
  std::string out = R"({"content":[{"type":"text","text":)";
  append_json_string(out, answer.json);
  out.append(R"(}],"structuredContent":)").append(answer.json);
  out.append(R"(,"isError":)").append(answer.success ? "false" : "true").append("}");
  return out;
}

void call_tool(const rpc_request& rpc, const http_request& request, const door_context& context,
               mcp_reply reply) {
  const auto name = rpc.params ? text_member(*rpc.params, "name") : std::nullopt;
  if (!name)
    return reply.error({rpc_code::invalid_params, "params.name is missing or not a string",
                        "Name a tool of tools/list in params.name"});
  const auto arguments = member(*rpc.params, "arguments");
  if (arguments && !arguments->is_object())
    return reply.error({rpc_code::invalid_params, "params.arguments is not an object",
                        "Give the tool's input as an object in params.arguments"});
  auto call = make_call(*name, arguments);
  call->websocket_base = websocket_base(request, context.config);
  call->who = request.who();
  call->answer = [reply = std::move(reply)](command_answer answer) {
    reply.result(tool_result(answer));
  };
  context.send(std::move(call));
}

}  // namespace

void message(http_request& request, const door_context& context, responder respond) {
  const auto session_id = query_parameter(request.query(), "sessionId").value_or("");
  if (!session_id.empty() && !context.config.streams->has(session_id, request.who().user_id))
    return respond(refusal(404, make_failure(errc::not_found, "This event stream is not open",
                                             "Open GET /sse and post to the path it names")));
  const auto rpc = parse_rpc(request.body());
  if (!rpc) return respond(rpc.error());
  mcp_reply reply(*rpc, session_id, context, std::move(respond));
  const std::string_view method = rpc->method;
  if (method.starts_with("notifications/") && rpc->notification) return reply.nothing();
  if (method == "ping") return reply.result("{}");
  if (method == "tools/list") return reply.result(tools_list_result());
  if (method == "tools/call") return call_tool(*rpc, request, context, std::move(reply));
  if (method == "initialize") {
    const auto asked = rpc->params ? text_member(*rpc->params, "protocolVersion") : std::nullopt;
    return reply.result(initialize_result(asked.value_or("")));
  }
  reply.error({rpc_code::method_not_found, "Unknown method",
               "Use initialize, ping, tools/list or tools/call"});
}

}  // namespace chat::doors
