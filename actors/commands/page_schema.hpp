#pragma once
// What a page of a room's messages is.

#include <string_view>

namespace chat {

/// What chat-poll answers, as JSON Schema.
inline constexpr std::string_view page_schema =
    R"({"type":"object","properties":{"roomId":{"type":"string"},)"
    R"("messages":{"type":"array","description":"Oldest first","items":{"type":"object",)"
    R"("properties":{"id":{"type":"string","description":"Sorts in room order as plain text"},)"
    R"("sender":{"type":"string","description":"Name of who said it"},)"
    R"("text":{"type":"string"},"timestamp":{"type":"string","format":"date-time"}},)"
    R"("required":["id","sender","text","timestamp"]}},)"
    R"("hasMore":{"type":"boolean",)"
    R"("description":"More messages are there already: poll again at once"},)"
    R"("lastMessageId":{"type":"string",)"
    R"("description":"Give it as since to get what comes next; absent while there is nothing"},)"
    R"("truncated":{"type":"boolean",)"
    R"("description":"The room does not hold what came right before this page any more"}},)"
    R"("required":["roomId","messages","hasMore","truncated"]})";

}  // namespace chat
