#include <boost/beast/core/string.hpp>
#include <caf/make_counted.hpp>

#include "model/ids.hpp"
#include "net/asio.hpp"
#include "net/doors/doors.hpp"
#include "net/event_connection.hpp"

namespace chat::doors {

namespace {

// What stands between `/rooms/` and `/events`, or nothing where it is no room's id.
std::string room_of_events(const http_request& request) {
  constexpr std::string_view begin = "/rooms/";
  constexpr std::string_view end = "/events";
  auto room = percent_decode(request.path()).value_or("").substr(begin.size());
  room.resize(room.size() - end.size());
  return is_room_id(room) ? room : "";
}

// Of the URL, as EventSource can send no header; else the bearer's (RFC 6750, 2.1).
std::string handoff_token_of(const http_request& request) {
  if (auto token = query_parameter(request.query(), "token")) return std::move(*token);
  constexpr std::string_view scheme = "Bearer ";
  const auto shown = request.header(http::field::authorization);
  return beast::iequals(shown.substr(0, scheme.size()), scheme)
             ? std::string(shown.substr(scheme.size()))
             : std::string();
}

// Where the client goes on. EventSource sends the header by itself when it comes again.
std::string last_event_of(const http_request& request) {
  const auto sent = request.header("Last-Event-ID");
  return sent.empty() ? query_parameter(request.query(), "lastEventId").value_or("")
                      : std::string(sent);
}

http_response without_token(const http_request& request, const door_context& context,
                            const std::string& room_id) {
  add(context.config.counters.credentials_refused);
  if (auto* audit = context.config.audit)
    audit->write({.event = "refused",
                  .room_id = room_id,
                  .address = request.peer(),
                  .reason = close::missing_token.text});
  auto answer = refusal(
      401, make_failure(errc::unauthorized, std::string(close::missing_token.text),
                        "Call chat-connect with transport sse and send its credentials.token as "
                        "Authorization: Bearer, or as ?token="));
  answer.headers = {{"WWW-Authenticate", R"(Bearer realm="chatd")"}};
  return answer;
}

}  // namespace

void room_events(http_request& request, const door_context& context, responder respond) {
  present_token claim{.token = handoff_token_of(request),
                      .room_id = room_of_events(request),
                      .out = {},
                      .address = request.peer(),
                      .transport = session_transport::sse};
  if (claim.room_id.empty() || !context.config.chat)
    return respond(refusal(404, make_failure(errc::room_not_found, "No room has such a name",
                                             "Take the endpoint from chat-connect's answer")));
  if (claim.token.empty()) return respond(without_token(request, context, claim.room_id));
  if (const auto last = last_event_of(request); !last.empty()) {
    claim.since = parse_message_id(last);
    if (!claim.since)
      return respond(refusal(
          400, make_failure(errc::validation_error, "Last-Event-ID is no id of a message",
                            "Send the id of the last event you got, such as m0000000000000001")));
  }
  http_response head{.content_type = "text/event-stream"};
  if (request.method() == http::verb::head) return respond(std::move(head));  // and opens nothing
  head.taker = [&config = context.config, claim = std::move(claim)](socket_ptr socket,
                                                                    http_response answer) {
    caf::make_counted<event_connection>(std::move(socket), std::move(answer), claim.address,
                                        *config.chat, config.counters)
        ->start(claim);
  };
  respond(std::move(head));
}

}  // namespace chat::doors
