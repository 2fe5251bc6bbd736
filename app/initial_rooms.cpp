#include "app/initial_rooms.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "model/ids.hpp"
#include "storage/store.hpp"

namespace chat {

namespace {

// What a new store gets.
std::vector<room_definition> default_rooms() {
  const auto now = wall_clock_ms();
  return {{"general", "General", "General discussion room", 100, now},
          {"random", "Random", "Random chat and off-topic discussions", 50, now},
          {"help", "Help", "Get help with AFD and related topics", 25, now}};
}

}  // namespace

result<std::vector<room_definition>> prepare_rooms(store& db,
                                                   const std::vector<room_definition>& wanted) {
  auto rooms = db.rooms();
  if (!rooms) return rooms;
  const auto missing = [&](const room_definition& room) {
    return std::ranges::find(*rooms, room.id, &room_definition::id) == rooms->end();
  };
  auto added = rooms->empty() ? default_rooms() : std::vector<room_definition>();
  for (const auto& room : wanted) {
    if (!missing(room)) continue;
    std::erase_if(added, [&](const auto& other) { return other.id == room.id; });
    added.push_back(room);
  }
  if (added.empty()) return rooms;
  for (const auto& room : added) {
    db.stage_room(room);
    spdlog::info("room {} created, at most {} participants", room.id, room.participants_max);
  }
  if (const auto done = db.commit(); !done) return tl::unexpected(done.error());
  rooms->insert(rooms->end(), added.begin(), added.end());
  return rooms;
}

}  // namespace chat
