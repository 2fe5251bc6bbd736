#include "model/command_result.hpp"
#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "net/doors/doors.hpp"

namespace chat::doors {

namespace {

// A BatchResult of a batch that did not run; `error` and `message` are its error's.
std::string failed_batch(std::string_view error, std::string_view message) {
  const auto now = format_time(wall_clock_ms());
  std::string out;
  json_writer json(out);
  json.begin_object().field("success", false).key("results").begin_array().end_array();
  json.key("summary").begin_object().field("total", 0).field("successCount", 0);
  json.field("failureCount", 0).field("skippedCount", 0).end_object();
  json.key("timing").begin_object().field("totalMs", 0).field("averageMs", 0);
  json.field("startedAt", now).field("completedAt", now).end_object().field("confidence", 0);
  json.field("reasoning", "Batch execution failed: " + std::string(message));
  json.key("error").raw(error).end_object();
  return out;
}

http_response failed_batch(unsigned status, const failure& why) {
  return json_response(status, failed_batch(encode_error(why), why.message));
}

// A refused batch is told in its own words; one that ran is as the command answered it.
http_response to_response(const command_answer& answer) {
  if (answer.success) return json_response(200, answer.json);
  const auto result = parse_json(answer.json);
  if (!result || member(*result, "results")) return json_response(200, answer.json);
  const auto error = member(*result, "error");
  const std::string message(error ? text_member(*error, "message").value_or("") : "");
  const std::string json(error ? std::string(simdjson::minify(*error)) : "{}");
  auto response = json_response(answer.retry_after_ms > 0 ? 429 : 200, failed_batch(json, message));
  add_retry_after(response, answer.retry_after_ms);
  return response;
}

}  // namespace

void batch(http_request& request, const door_context& context, responder respond) {
  const auto input = parse_json(request.body());
  if (!input)
    return respond(
        failed_batch(400, make_failure(errc::invalid_batch_request,
                                       "The body is not JSON: " + input.error().message)));
  auto call = make_call("afd-batch", *input);
  const bool is_batch = call->input.has_value();
  call->websocket_base = websocket_base(request, context.config);
  call->who = request.who();
  call->still_wanted = request.still_wanted();
  // The actor has it in any case: what is no batch counts as a call, too.
  call->answer = [respond = std::move(respond), is_batch](const command_answer& answer) {
    auto response = to_response(answer);
    if (!is_batch && answer.retry_after_ms == 0) response.status = 400;
    respond(std::move(response));
  };
  context.send(std::move(call));
}

}  // namespace chat::doors
