#pragma once
// What chat-edit and chat-delete have in common.

#include "actors/command.hpp"
#include "actors/command_inputs.hpp"
#include "model/message.hpp"

namespace chat {

/// Changes the message that the input's roomId and messageId name: to its `text`, or to nothing.
void run_message_change(const command_run_ptr& run, message_kind kind);

namespace inputs {

constexpr field message_id{.name = "messageId",
                           .required = true,
                           .description = "ID of the message, as chat-poll and chat-send answer it",
                           .min = 1,
                           .max = credential_units};

}  // namespace inputs

inline constexpr std::string_view message_change_output =
    R"({"type":"object","properties":{"messageId":{"type":"string"},)"
    R"("changeId":{"type":"string",)"
    R"("description":"Where the change stands in the room's order; good as since"},)"
    R"("timestamp":{"type":"string","format":"date-time"}},)"
    R"("required":["messageId","changeId","timestamp"]})";

inline constexpr errc message_change_errors[] = {
    errc::validation_error, errc::room_not_found,      errc::message_not_found,
    errc::forbidden,        errc::storage_unavailable, errc::overloaded,
    errc::timeout};

}  // namespace chat
