#pragma once
// Messages as commands answer them (the seed, chat-poll).

#include <span>
#include <string>

#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/message.hpp"

namespace chat {

/// Appends the items of a list, `{id, sender, text, timestamp},…`. By hand: a fifth of what a page
/// costs.
inline void append_messages_json(std::string& out, std::span<const message_ptr> messages) {
  for (const auto& m : messages) {
    out += m == messages.front() ? R"({"id":")" : R"(,{"id":")";
    append_message_id(out, m->seq);
    out += R"(","sender":)";
    append_json_string(out, m->sender);
    out += R"(,"text":)";
    append_json_string(out, m->text);
    out += R"(,"timestamp":")";
    append_time(out, m->timestamp_ms);
    out += "\"}";
  }
}

}  // namespace chat
