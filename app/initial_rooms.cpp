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

// Nothing of an earlier room of that id may be in a new one.
result<void> remove_leftovers(store& db, const std::string& room_id) {
  auto more = db.has_messages(room_id);
  if (more && std::ranges::count(db.rooms_to_remove(), room_id) > 0) more = true;
  while (more && *more) {
    more = db.stage_no_messages(room_id);
    if (const auto done = db.commit(); !done) return done;
  }
  if (!more) return tl::unexpected(more.error());
  return {};
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
    if (const auto gone = remove_leftovers(db, room.id); !gone) {
      spdlog::error("room {} is not made: what a deleted one left cannot be removed: {}. {}",
                    room.id, gone.error().message, gone.error().suggestion);
      continue;
    }
    db.stage_room(room);
    rooms->push_back(room);
    spdlog::info("room {} created, at most {} participants", room.id, room.participants_max);
  }
  if (const auto done = db.commit(); !done) return tl::unexpected(done.error());
  return rooms;
}

}  // namespace chat
