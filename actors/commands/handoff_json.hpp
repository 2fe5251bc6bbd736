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
  std::optional<sequence> catch_up = {};  ///< reconnect: what came after it will be replayed
};

/// What handoff_json writes, as JSON Schema.
inline constexpr std::string_view handoff_schema =
    R"({"type":"object","properties":{)"
    R"("protocol":{"type":"string","enum":["websocket"]},)"
    R"("endpoint":{"type":"string",)"
    R"("description":"Where to connect, ws:// or wss://; add ?token= and credentials.token"},)"
    R"("credentials":{"type":"object","properties":{)"
    R"("token":{"type":"string","description":"Opens one connection, once, until expiresAt"},)"
    R"("sessionId":{"type":"string","description":"What the session's commands ask for"}},)"
    R"("required":["token","sessionId"]},)"
    R"("metadata":{"type":"object","properties":{)"
    R"("expiresAt":{"type":"string","format":"date-time","description":"When the token runs out"},)"
    R"("capabilities":{"type":"array","items":{"type":"string"},)"
    R"("description":"What the connection can do"},)"
    R"("reconnect":{"type":"object","properties":{"allowed":{"type":"boolean"},)"
    R"("maxAttempts":{"type":"integer"},"backoffMs":{"type":"integer"}},)"
    R"("required":["allowed","maxAttempts","backoffMs"],)"
    R"("description":"How often, and after how long, chat-reconnect may be called"},)"
    R"("catchUp":{"type":"object","properties":{"fromMessageId":{"type":["string","null"],)"
    R"("description":"Messages after this one are replayed first; null: from the first one"}},)"
    R"("required":["fromMessageId"],"description":"Of chat-reconnect only"},)"
    R"("description":{"type":"string"}},)"
    R"("required":["expiresAt","capabilities","reconnect","description"]}},)"
    R"("required":["protocol","endpoint","credentials","metadata"]})";

/// A HandoffResult (the seed, chat-connect; contract, section 3).
inline std::string handoff_json(const command_run& run, const handoff& h) {
  std::string data;
  json_writer json(data);
  json.begin_object().field("protocol", "websocket");
  json.field("endpoint", run.websocket_base() + "/rooms/" + h.room.id);
  json.key("credentials").begin_object().field("token", h.token);
  json.field("sessionId", h.session_id).end_object();
  json.key("metadata").begin_object().field("expiresAt", format_time(h.expires_ms));
  json.key("capabilities").raw(capabilities);
  json.key("reconnect").begin_object().field("allowed", true);
  json.field("maxAttempts", limits::reconnects_max);
  json.field("backoffMs", limits::reconnect_backoff_ms).end_object();
  if (h.catch_up) {
    json.key("catchUp").begin_object().key("fromMessageId");
    if (*h.catch_up > 0)
      json.string(format_message_id(*h.catch_up));
    else
      json.null();
    json.end_object();
  }
  json.field("description", "Real-time chat in \"" + h.room.name + "\"").end_object();
  json.end_object();
  return data;
}

}  // namespace chat
