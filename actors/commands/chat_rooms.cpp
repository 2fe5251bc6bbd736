#include "actors/ask.hpp"
#include "actors/commands/commands.hpp"
#include "actors/commands/room_json.hpp"

namespace chat {

// Which rooms there are, and how full.
void run_chat_rooms(command_run_ptr run) {
  const auto& in = run->in();
  list_rooms q{run->who(), std::string(in.text("search")), std::string(in.text("cursor")),
               static_cast<std::size_t>(in.integer("limit"))};
  ask<room_list>(run, run->hub(), std::move(q), [run](const room_list& list) {
    command_result r;
    r.data.clear();
    json_writer json(r.data);
    json.begin_object().key("rooms").begin_array();
    for (const auto& room : list.rooms) write_room(json, room.definition, room.participants);
    json.end_array().field("total", list.total);
    if (!list.next_cursor.empty()) json.field("nextCursor", list.next_cursor);
    json.end_object();
    r.reasoning = "Found " + std::to_string(list.total) + " chat room(s)";
    r.hints = list.next_cursor.empty()
                  ? R"({"nextAction":"Call chat-connect or chat-poll with a roomId of the list"})"
                  : R"({"nextAction":"Call chat-rooms with cursor=nextCursor for more rooms"})";
    run->finish(std::move(r));
  });
}

}  // namespace chat
