#include "actors/command_table.hpp"
#include "model/json_reader.hpp"
#include "net/doors/doors.hpp"
#include "net/live_stream.hpp"
#include "net/stream_chunks.hpp"

namespace chat::doors {

namespace {

constexpr std::string_view stream_prefix = "/stream/";

// A GET must not change anything: links are followed by whoever finds them, and pages of other
// origins can send one.
http_response post_it(const command_row& row) {
  auto answer = refusal(
      405, make_failure(errc::method_not_allowed,
                        std::string(row.name) + " may change something and is no GET",
                        "POST /stream/" + std::string(row.name) + " with the input as JSON body"));
  answer.headers = {{"Allow", "POST, OPTIONS"}};
  return answer;
}

http_response not_json(const failure& why) {
  return refusal(400, make_failure(errc::invalid_request, "The input is not JSON: " + why.message,
                                   R"(Send an object such as {"roomId":"general"}, as the body of )"
                                   "a POST or in ?input= of a GET"));
}

http_response event_stream(std::string body) {
  return {.content_type = "text/event-stream", .body = std::move(body)};
}

}  // namespace

void stream(http_request& request, const door_context& context, responder respond) {
  const auto name = percent_decode(request.path()).value_or("").substr(stream_prefix.size());
  const auto* row = find_command(name);
  const bool is_post = request.method() == http::verb::post;
  if (!is_post && row && row->mutation) return respond(post_it(*row));
  auto text =
      is_post ? std::move(request.body()) : query_parameter(request.query(), "input").value_or("");
  const auto input = parse_json(text.empty() ? "{}" : text);
  if (!input) return respond(not_json(input.error()));
  auto call = make_call(name, *input);
  call->websocket_base = websocket_base(request, context.config);
  call->who = request.who();
  call->still_wanted = request.still_wanted();
  if (row && row->goes_on && call->input && call->who.may >= row->needs) {
    auto live = live_stream::make(*call, request, context);
    if (!live)
      return respond(refusal(503, make_failure(errc::overloaded, "There are too many streams",
                                               "Try again later, or use chat-poll with waitMs")));
    auto answer = event_stream({});
    answer.stream = std::move(live);
    return respond(std::move(answer));
  }
  call->answer = [respond = std::move(respond),
                  end = stream_end(stream_end::clock::now())](const command_answer& answer) {
    auto response = event_stream(chunks_of(answer, end));
    if (answer.retry_after_ms > 0) response.status = 429;
    add_retry_after(response, answer.retry_after_ms);
    respond(std::move(response));
  };
  context.send(std::move(call));
}

}  // namespace chat::doors
