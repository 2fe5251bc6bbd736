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
  CHECK(s->rooms_to_remove() == std::vector<std::string>{"a"});
  CHECK(remove_room(*s, "a") == 1);
  CHECK(s->rooms_to_remove().empty());
  CHECK(s->has_messages("a") == false);
  CHECK(s->floor() == 3);
  CHECK(s->removed_up_to().value() == 3);
  CHECK(s->rooms()->size() == 2);
  CHECK(all_of(*s, "a") == "");
  CHECK(all_of(*s, "ab") == "1 2 3");
  CHECK(all_of(*s, "b") == "1 2 3");
  commit_all(*s, "a", {4});  // of a new one
  CHECK(all_of(*s, "a") == "4");
}

TEST_CASE("a large room is removed in steps of one size, and goes on after a restart",
          "[storage]") {
  const scratch_directory dir;
  const auto entries = 4'500;
  {
    const auto s = open_store(dir.path);
    for (sequence seq = 1; seq <= entries; ++seq) stage(*s, "a", {text_message(seq)});
    stage(*s, "b", {text_message(1)});
    REQUIRE(s->commit());
    s->stage_no_room("a", entries);
    REQUIRE(s->commit());
    for (int step = 0; step < 2; ++step) {
      const auto before = s->staged_bytes();
      REQUIRE(s->stage_no_messages("a") == true);
      CHECK(s->staged_bytes() - before < 40'000);
      REQUIRE(s->commit());
    }
    // One that fails begins anew.
    REQUIRE(s->stage_no_messages("a") == true);
    {
      const file_size_limit full(0);
      CHECK_FALSE(s->commit());
    }
    REQUIRE(s->recover());
    CHECK(s->first_sequence("a") == 2'001U);
  }
  const auto s = open_store(dir.path);
  REQUIRE(s->rooms_to_remove() == std::vector<std::string>{"a"});
  CHECK(remove_room(*s, "a") == 3);
  CHECK(all_of(*s, "a") == "");
  CHECK(all_of(*s, "b") == "1");
  CHECK(open_store(dir.path / "other")->rooms_to_remove().empty());
}

TEST_CASE("what a room gave out last is known, also where that cannot be read", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    for (sequence seq = 1; seq <= 100; ++seq)
      for (const auto* room : {"a", "b"})
        stage(*s, room, {text_message(seq, std::string(1000, 'x'))});
    REQUIRE(s->commit());
    CHECK(s->last_given_out("a") == 100U);
    CHECK(s->last_given_out("none") == 0U);
  }
  for (const auto& file : fs::directory_iterator(dir.path))
    if (file.path().extension() == ".sst" && file.file_size() > 50'000)
      flip_byte(file.path(), 103'000);
  const auto s = open_store(dir.path);
  REQUIRE_FALSE(s->load_newest("a", 0, 1, 1'000));
  const auto last = s->last_given_out("a");
  REQUIRE(last);
  CHECK(*last >= 100);
}
