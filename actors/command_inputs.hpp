#pragma once
// Inputs that several commands take. For the .cpp files of commands only.

#include <array>

#include "model/limits.hpp"
#include "model/schema.hpp"

namespace chat::inputs {

using enum field_type;

constexpr std::int64_t room_chars = limits::room_id_chars_max;
constexpr std::int64_t credential_units = limits::credential_units_max;

constexpr field room_id{.name = "roomId",
                        .required = true,
                        .description = "Chat room ID, as chat-rooms lists it",
                        .min = 1,
                        .max = room_chars};
constexpr field session_id{.name = "sessionId",
                           .required = true,
                           .description = "Session ID, as chat-connect answered it",
                           .min = 1,
                           .max = credential_units};

/// Of every write: run once however often it is sent (actors/command_once.hpp).
constexpr field idempotency_key{
    .name = "idempotencyKey",
    .description =
        "Your own ID of this call. Sent again with it within a day, also after the node "
        "was restarted, the call is not run again: its first answer comes, with "
        "metadata.replayed. A call that failed is run again",
    .min = 1,
    .max = static_cast<std::int64_t>(limits::idempotency_key_units_max)};
constexpr field dry_run{.name = "dryRun",
                        .type = boolean,
                        .description = "Check everything, do nothing, and say what would be done"};

constexpr field last_seen{
    .name = "since",
    .description = "ID of the last message seen; without it the room's oldest messages come",
    .max = credential_units};
constexpr field page_limit{.name = "limit",
                           .type = integer,
                           .description = "Messages at most",
                           .min = 1,
                           .max = limits::poll_messages_max,
                           .fallback = limits::poll_messages_default};

constexpr field page_chars{
    .name = "maxChars",
    .type = integer,
    .description =
        "Cut the page to so many characters of senders and texts; the answer says where "
        "to go on. One message comes in any case. Over MCP 40000 unless given",
    .min = limits::page_chars_min,
    .max = limits::page_chars_max};

constexpr field new_room_id{.name = "roomId",
                            .required = true,
                            .description = "ID of the new room: 1 to 64 of A-Z a-z 0-9 . _ -",
                            .min = 1,
                            .max = room_chars,
                            .room_id = true};
constexpr field room_name{.name = "name",
                          .description = "Display name; a new room without one shows its ID",
                          .min = 1,
                          .max = static_cast<std::int64_t>(limits::room_name_units_max),
                          .shown_name = true};
constexpr field room_description{
    .name = "description",
    .description = "What the room is for",
    .max = static_cast<std::int64_t>(limits::room_description_units_max)};
constexpr field participants_limit{.name = "maxParticipants",
                                   .type = integer,
                                   .description = "How many may be connected at a time",
                                   .min = 1,
                                   .max = limits::participants_max};
constexpr field participants_limit_or_default = [] {
  auto f = participants_limit;
  f.fallback = limits::participants_default;
  return f;
}();
constexpr std::string_view visibilities[] = {"public", "private"};
constexpr field visibility{.name = "visibility",
                           .description = "public: for all; private: only its members know of it",
                           .max = 16,
                           .choices = visibilities};
constexpr field members{.name = "members",
                        .type = texts,
                        .description =
                            "User IDs of a private room's members, in place of those "
                            "it had; whoever creates it is one",
                        .max = static_cast<std::int64_t>(limits::room_members_max),
                        .item_units_max = static_cast<std::int64_t>(limits::user_id_units_max)};

}  // namespace chat::inputs
