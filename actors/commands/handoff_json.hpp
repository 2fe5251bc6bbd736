#pragma once
// What chat-connect and chat-reconnect hand off, as JSON.

#include <optional>
#include <string>
#include <string_view>

#include "actors/command.hpp"
#include "model/handoff_token.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"

namespace chat {

struct handoff {
  const room_definition& room;
  std::string_view session_id;
  std::string_view token;
  std::int64_t expires_ms = 0;
  session_transport transport = session_transport::websocket;
  std::optional<sequence> catch_up = {};  ///< reconnect: what came after it will be replayed
  int reconnects_left = limits::reconnects_max;
  std::string_view nickname = {};  ///< connect: as others see it
};

/// What handoff_json writes, as JSON Schema.
inline constexpr std::string_view handoff_schema =
    R"({"type":"object","properties":{)"
    R"("protocol":{"type":"string","enum":["websocket","sse"]},)"
    R"("endpoint":{"type":"string","description":"Where to connect: ws:// or wss://, for sse )"
    R"(http:// or https://; add ?token= and credentials.token"},)"
    R"("credentials":{"type":"object","properties":{)"
    R"("token":{"type":"string","description":"Opens one connection, once, until expiresAt"},)"
    R"("sessionId":{"type":"string","description":"What the session's commands ask for"}},)"
    R"("required":["token","sessionId"]},)"
    R"("metadata":{"type":"object","properties":{)"
    R"("expiresAt":{"type":"string","format":"date-time","description":"When the token runs out"},)"
    R"("capabilities":{"type":"array","items":{"type":"string"},)"
    R"("description":"What the connection can do. On a WebSocket each text frame is one JSON )"
    R"(object: welcome comes first, then what is said. To say something, send )"
    R"({\"type\":\"message\",\"text\":\"Hi\"}; the types typing, ping and reaction are others"},)"
    R"("expectedLatency":{"type":"integer","description":"Milliseconds from one member to the )"
    R"(others, about"},)"
    R"("reconnect":{"type":"object","properties":{"allowed":{"type":"boolean"},)"
    R"("maxAttempts":{"type":"integer"},"backoffMs":{"type":"integer"}},)"
    R"("required":["allowed","maxAttempts","backoffMs"],)"
    R"("description":"How often chat-reconnect may still be called, and after how long"},)"
    R"("catchUp":{"type":"object","properties":{"fromMessageId":{"type":["string","null"],)"
    R"("description":"Messages after this one are replayed first; null: from the first one"}},)"
    R"("required":["fromMessageId"],"description":"Of chat-reconnect only"},)"
    R"("nickname":{"type":"string","description":"As others see it. Of chat-connect only"},)"
    R"("description":{"type":"string"}},)"
    R"("required":["expiresAt","capabilities","reconnect","description"]}},)"
    R"("required":["protocol","endpoint","credentials","metadata"]})";

/// Where the connection of a session is opened. Event streams are at the same host: http for ws,
/// https for wss.
inline std::string handoff_endpoint(const command_run& run, const handoff& h) {
  constexpr std::string_view scheme = "ws";
  const auto& base = run.websocket_base();
  return h.transport == session_transport::sse
             ? "http" + base.substr(scheme.size()) + "/rooms/" + h.room.id + "/events"
             : base + "/rooms/" + h.room.id;
}

/// The hints beside it. An agent may read an event stream itself.
inline std::string handoff_hints(session_transport transport, participant_kind kind) {
  const bool is_for_agent = transport == session_transport::sse && kind == participant_kind::agent;
  std::string hints;
  json_writer json(hints);
  json.begin_object().field("handoffType", to_string(transport)).field("consumable", is_for_agent);
  json.field("delegateToUser", !is_for_agent).field("fallbackCommand", "chat-poll");
  if (transport == session_transport::sse)
    json.field("nextAction",
               "GET the endpoint with the token and read its event stream; post with chat-send and "
               "this sessionId. When it breaks off, call chat-reconnect and send the last event's "
               "id as Last-Event-ID");
  json.end_object();
  return hints;
}

/// A HandoffResult (the seed, chat-connect; contract, section 3).
inline std::string handoff_json(const command_run& run, const handoff& h) {
  std::string data;
  json_writer json(data);
  json.begin_object().field("protocol", to_string(h.transport));
  json.field("endpoint", handoff_endpoint(run, h));
  json.key("credentials").begin_object().field("token", h.token);
  json.field("sessionId", h.session_id).end_object();
  json.key("metadata").begin_object().field("expiresAt", format_time(h.expires_ms));
  json.key("capabilities").raw(capabilities_of(h.transport));
  json.field("expectedLatency", limits::expected_latency_ms);
  json.key("reconnect").begin_object().field("allowed", h.reconnects_left > 0);
  json.field("maxAttempts", h.reconnects_left);
  json.field("backoffMs", limits::reconnect_backoff_ms).end_object();
  if (h.catch_up) {
    json.key("catchUp").begin_object().key("fromMessageId");
    if (*h.catch_up > 0)
      json.string(format_message_id(*h.catch_up));
    else
      json.null();
    json.end_object();
  }
  if (!h.nickname.empty()) json.field("nickname", h.nickname);
  const bool reads_only = h.transport == session_transport::sse;
  json.field("description",
             "Real-time chat in \"" + h.room.name + '"' +
                 (reads_only ? ", read only: post with chat-send and the sessionId" : ""));
  json.end_object();
  json.end_object();
  return data;
}

}  // namespace chat
