#pragma once
// Messages as commands answer them (the seed, chat-poll).

#include <span>
#include <string>
#include <utility>

#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/message.hpp"

namespace chat {

/// Appends the items of a list, `{id, sender, text, timestamp, editedAt?, deleted?},…`: what was
/// said, as it is now. By hand: a fifth of what a page costs.
inline void append_messages_json(std::string& out, std::span<const message_ptr> messages) {
  bool is_first = true;
  for (const auto& m : messages) {
    if (m->kind != message_kind::said) continue;
    out += std::exchange(is_first, false) ? R"({"id":")" : R"(,{"id":")";
    append_message_id(out, m->seq);
    out += R"(","sender":)";
    append_json_string(out, m->sender);
    out += R"(,"text":)";
    append_json_string(out, m->text);
    out += R"(,"timestamp":")";
    append_time(out, m->timestamp_ms);
    out += '"';
    if (m->is_deleted()) {
      out += R"(,"deleted":true)";
    } else if (m->changed_by > 0) {
      out += R"(,"editedAt":")";
      append_time(out, m->changed_ms);
      out += '"';
    }
    out += '}';
  }
}

/// The changes among them, as a list: `{id, messageId, change, text?, by, timestamp}`. Empty where
/// there is none to tell of.
inline std::string changes_json(std::span<const message_ptr> messages) {
  std::string out;
  json_writer json(out);
  for (const auto& m : messages) {
    if (m->kind == message_kind::said || m->is_superseded()) continue;
    const bool is_edit = m->kind == message_kind::edit;
    if (out.empty()) json.begin_array();
    json.begin_object()
        .field("id", format_message_id(m->seq))
        .field("messageId", format_message_id(m->target))
        .field("change", is_edit ? "edited" : "deleted");
    if (is_edit) json.field("text", m->text);
    json.field("by", m->sender).field("timestamp", format_time(m->timestamp_ms)).end_object();
  }
  if (!out.empty()) json.end_array();
  return out;
}

}  // namespace chat
