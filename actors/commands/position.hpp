#pragma once
// Message ids as positions that a client names: what is no id is refused, and what the room does
// not know is told.

#include <string>
#include <string_view>

#include "model/command_result.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/schema.hpp"
#include "model/unicode.hpp"

namespace chat {

/// The position that the id in `field` names; no_message for what is no id.
inline sequence position_of(const command_input& input, const char* field) {
  const auto seq = parse_message_id(input.text(field)).value_or(0);
  return seq == 0 ? no_message : seq;
}

/// VALIDATION_ERROR for the id in `field`; `oldest` is the oldest message still held, 0 for none;
/// `without` says what a call without it does.
inline failure unknown_message(const command_input& input, const char* field, sequence oldest,
                               std::string_view without) {
  const std::string name(field);
  auto why = make_failure(
      errc::validation_error,
      "Input validation failed: `" + name + "` names no message of this room",
      oldest == 0 ? "The room has no messages: call without " + name
                  : "Use an id that this room gave out. The oldest message still held is " +
                        format_message_id(oldest) + "; call without " + name + " to " +
                        std::string(without));
  json_writer json(why.details);
  json.begin_object().key("errors").begin_array();
  json.begin_object()
      .field("path", name)
      .field("message", "unknown message id")
      .field("code", "custom")
      .field("received", utf16_prefix(input.text(name), limits::echoed_units_max))
      .end_object();
  json.end_array().key("expectedFields").begin_array();
  for (const auto& expected : input.fields()) json.string(expected.name);
  json.end_array();
  if (oldest > 0) json.field("oldestMessageId", format_message_id(oldest));
  json.end_object();
  return why;
}

/// The room does not know the position in `field`: POSITION_LOST, `details.restartAt` being where
/// the page begins, null for the room's beginning.
inline warning position_lost(std::string_view id, sequence restart_at) {
  warning w{"POSITION_LOST",
            "The room does not know " + std::string(id) +
                ": a backup was restored, or the power failed, or it is of another room. What this "
                "page holds comes after ",
            {}};
  json_writer json(w.details);
  json.begin_object().key("restartAt");
  if (restart_at > 0) {
    json.string(format_message_id(restart_at));
    w.message +=
        format_message_id(restart_at) + "; the room has nothing of what you have behind it";
  } else {
    json.null();
    w.message += "the room's beginning; the room has nothing of what you have";
  }
  json.end_object();
  return w;
}

}  // namespace chat
