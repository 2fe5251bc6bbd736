// Rooms in the store: private ones, deleted ones, and those of older versions.

#include <catch2/catch.hpp>

#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

TEST_CASE("who may see a room comes back", "[storage]") {
  const scratch_directory dir;
  room_definition room{"den", "Den", "", 5, 1};
  room.is_private = true;
  room.members = {"ada", "bob \"2\""};
  {
    const auto s = open_store(dir.path);
    s->stage_room(room);
    REQUIRE(s->commit());
  }
  const auto rooms = open_store(dir.path)->rooms();
  REQUIRE(rooms);
  REQUIRE(rooms->size() == 1);
  CHECK(rooms->at(0).is_private);
  CHECK(rooms->at(0).members == room.members);
}

TEST_CASE("a room as the versions before wrote it is public", "[storage]") {
  room_definition room;
  room.members = {"left over"};
  // format, at most 100, created at 1, "Den", ""
  const std::string value(
      "\x01\0\0\0\x64\0\0\0\0\0\0\0\x01\x03"
      "Den\0",
      18);
  REQUIRE(codec::decode(value, room));
  CHECK(room.name == "Den");
  CHECK(room.participants_max == 100);
  CHECK_FALSE(room.is_private);
  CHECK(room.members.empty());
}

TEST_CASE("a damaged room is told from a whole one", "[storage]") {
  room_definition room{"den", "Den", "about", 5, 1};
  room.is_private = true;
  room.members = {"ada"};
  std::string value;
  codec::encode(value, room);
  room_definition out;
  REQUIRE(codec::decode(value, out));
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(codec::decode(std::string_view(value).substr(0, size), out));
  CHECK_FALSE(codec::decode(value + 'x', out));
}

TEST_CASE("a deleted room takes its messages along, and no others", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  for (const auto* room : {"a", "ab", "b"}) {
    s->stage_room({room, room, "", 5, 1});
    commit_all(*s, room, {1, 2, 3});
  }
  CHECK(s->floor() == 0);
  CHECK(s->removed_up_to().value() == 0);
  s->stage_no_room("a", 3);
  REQUIRE(s->commit());
  CHECK(s->stage_no_messages("a", 3) == false);  // no more of them
  REQUIRE(s->commit());
  CHECK(s->floor() == 3);
  CHECK(s->removed_up_to().value() == 3);
  CHECK(s->rooms()->size() == 2);
  CHECK(all_of(*s, "a") == "");
  CHECK(all_of(*s, "ab") == "1 2 3");
  CHECK(all_of(*s, "b") == "1 2 3");
  commit_all(*s, "a", {4});  // of a new one
  CHECK(s->stage_no_messages("a", 3) == false);
  REQUIRE(s->commit());
  CHECK(all_of(*s, "a") == "4");
}
