#pragma once
// What a page of a room's messages is.

#include <string_view>

#include "model/concat.hpp"

namespace chat {

/// Messages as commands show them: of a deleted one the place is left.
inline constexpr std::string_view messages_schema =
    R"("messages":{"type":"array","description":"Oldest first, as they are now",)"
    R"("items":{"type":"object",)"
    R"("properties":{"id":{"type":"string","description":"Sorts in room order as plain text"},)"
    R"("sender":{"type":"string","description":"Name of who said it"},)"
    R"("text":{"type":"string"},"timestamp":{"type":"string","format":"date-time"},)"
    R"("editedAt":{"type":"string","format":"date-time"},)"
    R"("deleted":{"type":"boolean","description":"Deleted since: text is empty"}},)"
    R"("required":["id","sender","text","timestamp"]}},)";

inline constexpr std::string_view page_begin =
    R"({"type":"object","properties":{"roomId":{"type":"string"},)";
inline constexpr std::string_view page_end =
    R"("changes":{"type":"array","description":"What was edited or deleted meanwhile, in order, )"
    R"(also of messages you have; absent where nothing was","items":{"type":"object",)"
    R"("properties":{"id":{"type":"string","description":"A position as a message's id is"},)"
    R"("messageId":{"type":"string","description":"The message that changed"},)"
    R"("change":{"type":"string","enum":["edited","deleted"]},)"
    R"("text":{"type":"string","description":"What an edited message says now"},)"
    R"("by":{"type":"string","description":"Name of who changed it"},)"
    R"("timestamp":{"type":"string","format":"date-time"}},)"
    R"("required":["id","messageId","change","by","timestamp"]}},)"
    R"("hasMore":{"type":"boolean",)"
    R"("description":"More messages are there already: poll again at once"},)"
    R"("lastMessageId":{"type":"string",)"
    R"("description":"Give it as since to get what comes next; absent while there is nothing"},)"
    R"("truncated":{"type":"boolean",)"
    R"("description":"The room does not hold what came right before this page any more"}},)"
    R"("required":["roomId","messages","hasMore","truncated"]})";

/// What chat-poll answers, as JSON Schema.
inline constexpr std::string_view page_schema = concat<page_begin, messages_schema, page_end>;

}  // namespace chat
