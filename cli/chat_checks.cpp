// What `afd validate` asks of the chat, in a room of its own (contract, sections 3 to 6).

#include <array>

#include "cli/inspection.hpp"
#include "cli/probe_socket.hpp"

namespace chat::cli {

namespace {

const char* const no_room = "there is no room of our own";

json in_room(const inspection& i) {
  json input = json::object();
  input["roomId"] = i.room;
  return input;
}

verdict make_room(inspection& i) {
  auto input = in_room(i);
  input["name"] = "afd validate";
  const auto result = i.call("chat-room-create", input);
  i.has_room = is_true(at(result, "success"));
  if (i.has_room) return fine();
  const auto code = code_of(result);
  if (code == "FORBIDDEN" || code == "COMMAND_NOT_FOUND")
    return skipped("rooms may not be made: " + code);
  return off("chat-room-create: " + shown(result));
}

json connect(const inspection& i, const char* nickname) {
  auto input = in_room(i);
  input["nickname"] = nickname;
  return i.call("chat-connect", input);
}

// A member of the room: who it is, and its socket after the welcome.
struct member {
  explicit member(inspection& i, const char* nickname)
      : handoff(at(connect(i, nickname), "data")),
        session(text_at(at(handoff, "credentials"), "sessionId")),
        socket(i.node.socket_address(handoff).value_or(node_address{})),
        welcome(socket.is_open() ? socket.next_of("welcome") : json()) {}

  std::string problem() const {
    if (!socket.is_open()) return "the WebSocket does not open: " + socket.problem();
    return welcome.is_null() ? "no welcome comes" : "";
  }

  json handoff;
  std::string session;
  probe_socket socket;
  json welcome;
};

std::string say(inspection& i, const std::string& text) {
  auto input = in_room(i);
  input["text"] = text;
  return text_at(at(i.call("chat-send", input), "data"), "messageId");
}

verdict handoff(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  const auto result = connect(i, "Handoff");
  const auto& data = at(result, "data");
  const auto& credentials = at(data, "credentials");
  const auto& metadata = at(data, "metadata");
  const auto& again = at(metadata, "reconnect");
  json session = json::object();
  session["sessionId"] = at(credentials, "sessionId");
  i.call("chat-disconnect", session);
  if (text_at(data, "protocol") != "websocket")
    return off("protocol: " + shown(at(data, "protocol")));
  if (!i.node.socket_address(data)) return off("endpoint: " + shown(at(data, "endpoint")));
  if (text_at(credentials, "token").empty() || text_at(credentials, "sessionId").empty())
    return off("token or sessionId is missing in `credentials`");
  if (text_at(metadata, "expiresAt").empty()) return off("`metadata.expiresAt` is missing");
  if (!at(again, "allowed").is_boolean() || !at(again, "maxAttempts").is_number() ||
      !at(again, "backoffMs").is_number())
    return off("`metadata.reconnect` is " + shown(again));
  const auto& hints = at(result, "_agentHints");
  return text_at(hints, "handoffType") == "websocket" ? fine()
                                                      : off("`_agentHints` is " + shown(hints));
}

verdict welcomes(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  if (!ada.problem().empty()) return off(ada.problem());
  const auto& w = ada.welcome;
  const bool is_so = text_at(w, "roomId") == i.room && text_at(w, "sessionId") == ada.session &&
                     at(w, "participants") == json::array({"Ada"}) && w.contains("lastMessageId");
  return is_so ? fine() : off("welcome is " + shown(w));
}

verdict echo(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  member bob(i, "Bob");
  if (!ada.problem().empty() || !bob.problem().empty()) return off(ada.problem() + bob.problem());
  ada.socket.send(
      R"({"type":"message","text":"hello \u00e9\ud83d\ude42","clientMessageId":"one"})");
  const auto own = ada.socket.next_of("message");
  const auto other = bob.socket.next_of("message");
  if (text_at(own, "clientMessageId") != "one" || text_at(own, "sender") != "Ada" ||
      text_at(own, "text") != "hello é🙂" || !at(own, "timestamp").is_number_integer())
    return off("the sender gets " + shown(own));
  if (other.contains("clientMessageId")) return off("others get the clientMessageId");
  return text_at(own, "id") == text_at(other, "id") && !text_at(own, "id").empty()
             ? fine()
             : off("the other member gets " + shown(other));
}

verdict presence(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  json joined;
  json typing;
  {
    member bob(i, "Bob");
    joined = ada.socket.next_of("user_joined");
    bob.socket.send(R"({"type":"typing"})");
    typing = ada.socket.next_of("typing");
  }
  const auto left = ada.socket.next_of("user_left");
  for (const auto& frame : {joined, typing, left})
    if (text_at(frame, "nickname") != "Bob") return off("expected a frame of Bob: " + shown(frame));
  return fine();
}

verdict ping(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  ada.socket.send(R"({"type":"ping"})");
  return ada.socket.next_of("pong").is_null() ? off("no pong comes") : fine();
}

verdict bad_frame(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  ada.socket.send("no JSON");
  const auto error = ada.socket.next_of("error");
  if (text_at(error, "message") != "Invalid message format" || text_at(error, "code").empty() ||
      text_at(error, "suggestion").empty())
    return off("expected `Invalid message format`, code and suggestion: " + shown(error));
  ada.socket.send(R"({"type":"ping"})");
  return ada.socket.next_of("pong").is_null() ? off("the connection does not stay open") : fine();
}

verdict binary(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  ada.socket.send("bytes", true);
  const auto code = ada.socket.closed_with();
  return code == 1003 ? fine() : off("expected 1003, not " + std::to_string(code));
}

verdict closes_with(const node_address& to, unsigned wanted) {
  probe_socket socket(to);
  if (!socket.is_open()) return off("the refusal comes before the upgrade: " + socket.problem());
  const auto code = socket.closed_with();
  return code == wanted
             ? fine()
             : off("expected " + std::to_string(wanted) + ", not " + std::to_string(code));
}

verdict bad_token(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  auto handoff = ada.handoff;
  if (!handoff.is_object()) return off(ada.problem());
  handoff["credentials"]["token"] = "no-token";
  const auto to = i.node.socket_address(handoff);
  return to ? closes_with(*to, 4001) : off("no endpoint");
}

verdict used_token(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  const auto to = i.node.socket_address(ada.handoff);
  return to ? closes_with(*to, 4001) : off("no endpoint");
}

verdict first_message(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  const auto data = at(connect(i, "Late"), "data");
  auto to = i.node.socket_address(data);
  if (!to) return off("no endpoint");
  to->path.resize(to->path.find('?'));
  probe_socket socket(*to);
  json auth{{"type", "auth"}};
  auth["token"] = text_at(at(data, "credentials"), "token");
  socket.send(dump(auth));
  return socket.next_of("welcome").is_null() ? off("no welcome follows `auth`") : fine();
}

verdict poll_pages(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  auto input = in_room(i);
  const auto before = say(i, "a");
  const std::array said{say(i, "b"), say(i, "c"), say(i, "d")};
  if (before.empty() || said[2].empty()) return off("chat-send does not answer a messageId");
  if (before >= said[0] || said[0] >= said[1] || said[1] >= said[2])
    return off("ids do not sort in room order");
  input["since"] = before;
  for (const std::size_t limit : {2, 3, 4}) {
    input["limit"] = limit;
    const auto data = at(i.call("chat-poll", input), "data");
    const auto& messages = at(data, "messages");
    const auto wanted = std::min<std::size_t>(limit, 3);
    if (!messages.is_array() || messages.size() != wanted) return off("a page is " + shown(data));
    if (is_true(at(data, "hasMore")) != (limit < 3))
      return off("hasMore is wrong for limit " + std::to_string(limit) + " of 3 messages");
    if (text_at(data, "lastMessageId") != said[wanted - 1])
      return off("lastMessageId is not the last of the page: " + shown(data));
  }
  return fine();
}

verdict poll_nothing(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  auto input = in_room(i);
  const auto last = say(i, "newest");
  input["since"] = last;
  const auto data = at(i.call("chat-poll", input), "data");
  return at(data, "messages") == json::array() && text_at(data, "lastMessageId") == last
             ? fine()
             : off("with nothing new, lastMessageId does not echo since: " + shown(data));
}

verdict poll_unknown(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  auto input = in_room(i);
  input["since"] = "no-such-id";
  const auto result = i.call("chat-poll", input);
  return code_of(result) == "VALIDATION_ERROR" ? fine()
                                               : off("expected VALIDATION_ERROR: " + shown(result));
}

verdict comes_back(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  if (!ada.problem().empty()) return off(ada.problem());
  const auto seen = say(i, "seen");
  ada.socket.next_of("message");
  json input = json::object();
  input["sessionId"] = ada.session;
  input["lastMessageId"] = seen;
  const auto missed = say(i, "missed");
  const auto result = i.call("chat-reconnect", input);
  const auto to = i.node.socket_address(at(result, "data"));
  if (!to) return off("chat-reconnect: " + shown(result));
  probe_socket again(*to);
  if (again.next_of("welcome").is_null()) return off("no welcome comes");
  const auto replayed = again.next();
  if (text_at(replayed, "id") != missed) return off("the missed message is " + shown(replayed));
  if (again.next_of("caught_up").is_null()) return off("no caught_up comes");
  const auto code = ada.socket.closed_with();
  return code == 4004 ? fine() : off("the older connection is closed with " + std::to_string(code));
}

verdict ends(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  member ada(i, "Ada");
  json input = json::object();
  input["sessionId"] = ada.session;
  const auto state = at(i.call("chat-status", input), "data");
  if (text_at(state, "state") != "connected" && text_at(state, "status") != "connected")
    return off("chat-status of a live session is " + shown(state));
  if (!is_true(at(i.call("chat-disconnect", input), "success")))
    return off("chat-disconnect does not succeed");
  const auto code = ada.socket.closed_with();
  return code == 4006 ? fine() : off("expected 4006, not " + std::to_string(code));
}

constexpr std::array all_chat_checks{
    check{"a room can be made", "3", make_room},
    check{"chat-connect hands off with all its fields", "3", handoff},
    check{"WebSocket: welcome", "4", welcomes},
    check{"WebSocket: a message to all, clientMessageId to its sender", "4", echo},
    check{"WebSocket: joining, typing and leaving", "4", presence},
    check{"WebSocket: ping and pong", "4", ping},
    check{"WebSocket: what is no JSON is an error, no end", "4", bad_frame},
    check{"WebSocket: a binary frame is 1003", "4", binary},
    check{"WebSocket: an invalid token is 4001", "4", bad_token},
    check{"WebSocket: a token opens one connection", "3", used_token},
    check{"WebSocket: token in a first message", "4", first_message},
    check{"chat-poll: hasMore and lastMessageId are exact", "3", poll_pages},
    check{"chat-poll: with nothing new it echoes since", "3", poll_nothing},
    check{"chat-poll: an unknown since is refused", "3", poll_unknown},
    check{"chat-reconnect: what was missed, then caught_up; 4004", "4, 5", comes_back},
    check{"chat-status and chat-disconnect; 4006", "4, 5", ends},
};

}  // namespace

std::span<const check> chat_checks() { return all_chat_checks; }

verdict clean_up(inspection& i) {
  if (!i.has_room) return skipped(no_room);
  const auto result = i.call("chat-room-delete", in_room(i));
  return is_true(at(result, "success")) ? fine()
                                        : off(i.room + " is left behind: " + shown(result));
}

}  // namespace chat::cli
