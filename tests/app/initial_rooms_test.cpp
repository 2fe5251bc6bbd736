// The rooms that a start makes: those of a new store, and those of --room.

#include "app/initial_rooms.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "storage/store.hpp"
#include "tests/temporary_directory.hpp"

namespace chat::test {

TEST_CASE("a room that a start makes has nothing of an earlier one of its id", "[app]") {
  const temporary_directory directory;
  const auto open = [&] { return std::move(*store::open(directory.path(), durability::process)); };
  const bool is_recorded = GENERATE(false, true);  // as earlier versions left it, and as this one
  const auto* room = GENERATE("general", "team");
  {
    const auto db = open();
    for (sequence seq = 1; seq <= 1'500; ++seq) {
      auto m = std::make_shared<message>();
      m->seq = seq;
      m->text = "old";
      REQUIRE(db->stage_messages(room, std::vector<message_ptr>{std::move(m)}));
    }
    if (is_recorded) db->stage_no_room(room, 1'500);
    REQUIRE(db->commit());
  }  // killed before they were removed
  const auto db = open();
  const auto rooms = prepare_rooms(*db, {{"team", "Team", "", 10, 0}});
  REQUIRE(rooms);
  CHECK(rooms->size() == 4);
  CHECK(db->has_messages(room) == false);
  CHECK(db->rooms_to_remove().empty());  // else the new one's would be removed
  CHECK(db->rooms()->size() == 4);
}

}  // namespace chat::test
