#pragma once
// The refusal of a message id that the room never gave out.

#include <limits>
#include <string>
#include <string_view>

#include "model/failure.hpp"
#include "model/ids.hpp"
#include "model/json_writer.hpp"
#include "model/schema.hpp"
#include "model/unicode.hpp"

namespace chat {

/// A position that no room reaches: for what is no id at all.
inline constexpr sequence no_message = std::numeric_limits<sequence>::max();

/// The position that the id in `field` names: what is no id is no id of any room.
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

}  // namespace chat
