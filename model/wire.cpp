#include "model/wire.hpp"

#include "model/ids.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"
#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

using simdjson::dom::element;

tl::unexpected<failure> refuse(std::string message, std::string suggestion = {}) {
  return tl::unexpected(
      make_failure(errc::invalid_message, std::move(message), std::move(suggestion)));
}

// A required text of 1..units_max UTF-16 units.
result<std::string> required_text(element object, std::string_view name, std::size_t units_max) {
  const auto given = member(object, name);
  const std::string label(name);
  if (given && is_broken_text(*given))
    return refuse("Field `" + label + "` must be valid Unicode, without lone surrogates",
                  "Do not cut texts between the two halves of a surrogate pair");
  const auto text = text_member(object, name);
  if (!text) return refuse("Field `" + label + "` must be a string");
  const auto units = utf16_length(*text);
  if (!units) return refuse("Field `" + label + "` must be valid Unicode");
  if (*units == 0 || *units > units_max)
    return refuse("Field `" + label + "` must have 1 to " + std::to_string(units_max) +
                      " characters, not " + std::to_string(*units),
                  *units == 0 ? "Put something in it" : "Shorten it, or send it in parts");
  return std::string(*text);
}

result<client_event> decode_message(element object, client_event event) {
  auto text = required_text(object, "text", limits::text_units_max);
  if (!text) return tl::unexpected(std::move(text.error()));
  event.text = std::move(*text);
  if (!event.client_id.empty() || !member(object, "clientMessageId")) return event;
  return tl::unexpected(
      required_text(object, "clientMessageId", limits::client_message_id_units_max).error());
}

result<client_event> decode_reaction(element object, client_event event) {
  const auto wrong = [](failure why) {
    why.suggestion = R"(Send {"type":"reaction","messageId":"the id of a message","emoji":"👍"})";
    return tl::unexpected(std::move(why));
  };
  auto id = required_text(object, "messageId", limits::credential_units_max);
  if (!id) return wrong(std::move(id.error()));
  auto emoji = required_text(object, "emoji", limits::emoji_units_max);
  if (!emoji) return wrong(std::move(emoji.error()));
  event.message_id = std::move(*id);
  event.emoji = std::move(*emoji);
  return event;
}

// Whatever stands for a token: a wrong one is refused by its own close code, and one that comes
// after the first is ignored (contract, section 4).
client_event decode_auth(element object, client_event event) {
  const auto token = text_member(object, "token").value_or("");
  if (token.size() <= limits::credential_units_max) event.token = token;
  return event;
}

// Starts a payload in a buffer that is reused, so that a frame costs one copy and no allocation.
std::string& scratch() {
  thread_local std::string buffer;
  buffer.clear();
  return buffer;
}

// How the frames of all that has a place in the room's order begin; the id follows.
constexpr std::string_view message_begin = R"({"type":"message","id":")";
constexpr std::string_view edit_begin = R"({"type":"message_edited","id":")";
constexpr std::string_view deletion_begin = R"({"type":"message_deleted","id":")";

// `message_edited`, `message_deleted`: `id` is the change's own place in the room's order.
void append_change(std::string& out, const message& m) {
  std::string& payload = scratch();
  const bool is_edit = m.kind == message_kind::edit;
  payload += is_edit ? edit_begin : deletion_begin;
  append_message_id(payload, m.seq);
  payload += R"(","messageId":")";
  append_message_id(payload, m.target);
  payload += '"';
  if (is_edit) {
    payload += R"(,"text":)";
    append_json_string(payload, m.text);
  }
  payload += R"(,"by":)";
  append_json_string(payload, m.sender);
  payload += R"(,"timestamp":)";
  json_writer(payload).number(m.timestamp_ms);
  payload += '}';
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_message_as(std::string& out, const message& m, std::string_view client_id) {
  if (m.is_deleted() || m.is_superseded()) return;
  if (m.kind != message_kind::said) return append_change(out, m);
  std::string& payload = scratch();
  payload += message_begin;
  append_message_id(payload, m.seq);
  payload += R"(","sender":)";
  append_json_string(payload, m.sender);
  payload += R"(,"text":)";
  append_json_string(payload, m.text);
  payload += R"(,"timestamp":)";
  json_writer(payload).number(m.timestamp_ms);
  if (!client_id.empty()) {
    payload += R"(,"clientMessageId":)";
    append_json_string(payload, client_id);
  }
  payload += '}';
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_presence(std::string& out, std::string_view type, std::string_view nickname,
                     std::int64_t timestamp_ms) {
  std::string& payload = scratch();
  json_writer(payload)
      .begin_object()
      .field("type", type)
      .field("nickname", nickname)
      .field("timestamp", timestamp_ms)
      .end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

result<client_event> decode_event(element root, client_event event) {
  const auto type = text_member(root, "type");
  if (!type) return refuse("Invalid message format");
  using kind = client_event::kind;
  if (*type == "message") {
    event.what = kind::message;
    return decode_message(root, std::move(event));
  }
  if (*type == "typing") {
    event.what = kind::typing;
    return event;
  }
  if (*type == "ping") return event;
  if (*type == "reaction") {
    event.what = kind::reaction;
    return decode_reaction(root, std::move(event));
  }
  if (*type == "auth") {
    event.what = kind::auth;
    return decode_auth(root, std::move(event));
  }
  if (*type == "auth_headers") {
    event.what = kind::auth_headers;
    return event;
  }
  return refuse("Unknown message type",
                "Send one of the types message, typing, ping, reaction and auth");
}

}  // namespace

tl::expected<client_event, refused_event> decode_client_event(std::string_view json) {
  const auto root = parse_json(json);
  if (!root || !root->is_object())
    return tl::unexpected(
        refused_event{make_failure(errc::invalid_message, "Invalid message format"), {}});
  client_event event;
  if (auto id = required_text(*root, "clientMessageId", limits::client_message_id_units_max))
    event.client_id = std::move(*id);
  auto decoded = decode_event(*root, event);
  if (!decoded) return tl::unexpected(refused_event{std::move(decoded.error()), event.client_id});
  return std::move(*decoded);
}

void append_ws_frame(std::string& out, ws_opcode opcode, std::string_view payload) {
  const std::size_t size = payload.size();
  out += static_cast<char>(0x80 | static_cast<unsigned>(opcode));  // FIN: never fragmented
  const auto append_size = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
      out += static_cast<char>((static_cast<std::uint64_t>(size) >> shift) & 0xFF);
  };
  if (size < 126) {
    append_size(1);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(126);
    append_size(2);
  } else {
    out += static_cast<char>(127);
    append_size(8);
  }
  out += payload;
}

std::string_view take_ws_payload(std::string_view& frames) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
  std::size_t size = byte(1);
  std::size_t head = 2;
  if (size >= 126) {
    const auto end = head + (size == 126 ? 2 : 8);
    for (size = 0; head < end; ++head) size = size << 8 | byte(head);
  }
  const auto payload = frames.substr(head, size);
  frames.remove_prefix(head + size);
  return payload;
}

std::string_view message_id_of(std::string_view payload) {
  for (const auto begin : {message_begin, edit_begin, deletion_begin})
    if (payload.starts_with(begin))
      return payload.substr(begin.size(), payload.find('"', begin.size()) - begin.size());
  return {};
}

void append_ws_close(std::string& out, std::uint16_t code, std::string_view text) {
  std::string& payload = scratch();
  if (code != 0) {
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xFF);
    payload += text;
  }
  append_ws_frame(out, ws_opcode::close, payload);
}

void append_welcome(std::string& out, const welcome& w) {
  std::string& payload = scratch();
  json_writer json(payload);
  json.begin_object().field("type", "welcome").field("roomId", w.room_id);
  json.field("sessionId", w.session_id).key("participants").begin_array();
  for (const auto& nickname : w.nicknames) json.string(nickname);
  json.end_array().field("participantCount", w.participants).key("lastMessageId");
  if (w.last_seq == 0)
    json.null();
  else
    json.string(format_message_id(w.last_seq));
  json.end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_message(std::string& out, const message& m) { append_message_as(out, m, {}); }

void append_own_message(std::string& out, const message& m) {
  append_message_as(out, m, m.client_id);
}

void append_user_joined(std::string& out, std::string_view nickname, std::int64_t timestamp_ms) {
  append_presence(out, "user_joined", nickname, timestamp_ms);
}

void append_user_left(std::string& out, std::string_view nickname, std::int64_t timestamp_ms) {
  append_presence(out, "user_left", nickname, timestamp_ms);
}

void append_typing(std::string& out, std::string_view nickname) {
  std::string& payload = scratch();
  json_writer(payload)
      .begin_object()
      .field("type", "typing")
      .field("nickname", nickname)
      .end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_reaction(std::string& out, sequence seq, std::string_view emoji,
                     std::string_view nickname, std::int64_t timestamp_ms) {
  std::string& payload = scratch();
  json_writer(payload)
      .begin_object()
      .field("type", "reaction")
      .field("messageId", format_message_id(seq))
      .field("emoji", emoji)
      .field("nickname", nickname)
      .field("timestamp", timestamp_ms)
      .end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_caught_up(std::string& out, sequence last_seq) {
  std::string& payload = scratch();
  json_writer json(payload);
  json.begin_object().field("type", "caught_up").key("lastMessageId");
  if (last_seq == 0)
    json.null();
  else
    json.string(format_message_id(last_seq));
  json.end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_history_gap(std::string& out, sequence since, sequence until, bool is_restored) {
  std::string& payload = scratch();
  json_writer json(payload);
  json.begin_object().field("type", "history_gap").key("since");
  if (since == 0)
    json.null();
  else
    json.string(format_message_id(since));
  json.field("until", format_message_id(until));
  if (is_restored) json.field("reason", "restored");
  json.end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_token_refresh(std::string& out, std::string_view token, std::int64_t expires_ms) {
  std::string& payload = scratch();
  json_writer(payload)
      .begin_object()
      .field("type", "token_refresh")
      .field("token", token)
      .field("expiresAt", format_time(expires_ms))
      .end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

void append_pong(std::string& out) { append_ws_frame(out, ws_opcode::text, R"({"type":"pong"})"); }

void append_error(std::string& out, const failure& why, std::string_view client_id) {
  std::string& payload = scratch();
  json_writer json(payload);
  json.begin_object().field("type", "error").field("message", why.message);
  json.field("code", to_string(why.code)).field("suggestion", why.suggestion);
  if (is_retryable(why.code)) json.field("retryable", true);
  if (why.retry_after_ms > 0) json.field("retryAfterMs", why.retry_after_ms);
  if (!client_id.empty()) json.field("clientMessageId", client_id);
  json.end_object();
  append_ws_frame(out, ws_opcode::text, payload);
}

}  // namespace chat
