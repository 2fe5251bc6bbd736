#pragma once
// What each command takes. For command_table.cpp only.

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

constexpr std::array rooms_fields{
    field{.name = "search",
          .description = "Only rooms whose id or name contains this",
          .max = static_cast<std::int64_t>(limits::room_name_units_max)},
    field{.name = "limit",
          .type = integer,
          .description = "Rooms on one page",
          .min = 1,
          .max = limits::rooms_page_max,
          .fallback = limits::rooms_page_default},
    field{.name = "cursor",
          .description = "nextCursor of the page before",
          .max = static_cast<std::int64_t>(limits::room_id_chars_max)}};

constexpr std::array connect_fields{
    room_id, field{.name = "nickname",
                   .description = "Display name",
                   .min = 1,
                   .max = static_cast<std::int64_t>(limits::nickname_units_max)}};

constexpr std::array status_fields{session_id};

constexpr std::array reconnect_fields{
    session_id, field{.name = "lastMessageId",
                      .description = "ID of the last message you got; what came after it is "
                                     "replayed. Without it the node goes by what it sent",
                      .min = 1,
                      .max = credential_units}};

constexpr std::array refresh_fields{session_id,
                                    field{.name = "currentToken",
                                          .required = true,
                                          .description = "The newest token of this session",
                                          .min = 1,
                                          .max = credential_units}};

constexpr std::array disconnect_fields{
    session_id, field{.name = "reason",
                      .description = "Why the session ends, for the log",
                      .max = static_cast<std::int64_t>(limits::reason_units_max)}};

constexpr std::array poll_fields{
    room_id,
    field{.name = "since",
          .description = "ID of the last message seen; without it the room's oldest messages come",
          .max = credential_units},
    field{.name = "limit",
          .type = integer,
          .description = "Messages at most",
          .min = 1,
          .max = limits::poll_messages_max,
          .fallback = limits::poll_messages_default}};

constexpr std::array send_fields{
    room_id,
    field{.name = "text",
          .required = true,
          .description = "What to say",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::text_units_max)},
    field{.name = "sessionId",
          .description = "Send as this session, with its nickname",
          .min = 1,
          .max = credential_units},
    field{.name = "clientMessageId",
          .description = "Your own ID of this message: sent twice with it, it is stored once",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::client_message_id_units_max)}};

constexpr field new_room_id{.name = "roomId",
                            .required = true,
                            .description = "ID of the new room: 1 to 64 of A-Z a-z 0-9 . _ -",
                            .min = 1,
                            .max = room_chars,
                            .room_id = true};
constexpr field room_name{.name = "name",
                          .description = "Display name; a new room without one shows its ID",
                          .min = 1,
                          .max = static_cast<std::int64_t>(limits::room_name_units_max)};
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
constexpr std::array room_create_fields{
    new_room_id, room_name, room_description, participants_limit_or_default, visibility, members};
constexpr std::array room_update_fields{room_id,    room_name, room_description, participants_limit,
                                        visibility, members};
constexpr std::array room_delete_fields{room_id};

constexpr std::array revoke_fields{
    field{.name = "sessionId",
          .description = "The session to end; or give userId",
          .min = 1,
          .max = credential_units},
    field{.name = "userId",
          .description = "The user whose sessions all end",
          .min = 1,
          .max = static_cast<std::int64_t>(limits::user_id_units_max)}};

constexpr std::string_view help_formats[] = {"brief", "full"};
constexpr std::array help_fields{
    field{.name = "filter", .description = "Part of a tag, category or name", .max = 64},
    field{.name = "format",
          .description = "brief (default) or full: with tags and examples",
          .max = 16,
          .choices = help_formats}};

constexpr std::string_view schema_formats[] = {"json", "typescript"};
constexpr std::array schema_fields{field{.name = "format",
                                         .description = "json (default) or typescript",
                                         .max = 16,
                                         .choices = schema_formats}};

}  // namespace chat::inputs
