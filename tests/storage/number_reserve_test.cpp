// Numbers that are given out once, whatever the store loses.

#include "storage/number_reserve.hpp"

#include <catch2/catch.hpp>

#include "model/limits.hpp"
#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

constexpr std::int64_t now_us = 1'780'000'000'000'000;  // in 2026

sequence floor_after(sequence stored, sequence removed, std::int64_t clock_us) {
  const auto value = [](sequence n) { return n == 0 ? std::string() : codec::encode_floor(n); };
  number_reserve numbers;
  REQUIRE(numbers.load(value(stored), value(removed), false, clock_us));
  return numbers.floor();
}

}  // namespace

TEST_CASE("a new store begins at 1, one that was there before at the clock", "[storage]") {
  number_reserve fresh;
  REQUIRE(fresh.load("", "", true, now_us));
  CHECK(fresh.floor() == 0);
  CHECK(floor_after(0, 0, now_us) == now_us);
  CHECK(floor_after(500, 700, now_us) == now_us);
  number_reserve broken;
  CHECK_FALSE(broken.load("x", "", false, now_us));
}

TEST_CASE("a clock that is behind, or far ahead, gives no number again", "[storage]") {
  CHECK(floor_after(now_us + 5, 0, now_us) == now_us + 5);
  CHECK(floor_after(500, 0, 0) == 500);
  CHECK(floor_after(500, 700, -1) == 700);
  CHECK(floor_after(500, 0, limits::clock_numbers_max) == 500);
}

TEST_CASE("the first number of a block is committed with its end, and synced", "[storage]") {
  number_reserve numbers;
  REQUIRE(numbers.load("", "", true, now_us));
  rocksdb::WriteBatch batch;
  numbers.stage(batch, 1);
  CHECK(numbers.must_sync());
  CHECK(batch.Count() == 1);
  numbers.stage(batch, 2);
  CHECK(batch.Count() == 1);
  numbers.on_batch_over(false);  // it failed: the next one has to be synced in its place
  CHECK_FALSE(numbers.must_sync());
  numbers.stage(batch, 3);
  CHECK(numbers.must_sync());
  numbers.on_batch_over(true);
  numbers.stage(batch, 3 + limits::numbers_reserved);
  CHECK_FALSE(numbers.must_sync());
  numbers.stage(batch, 4 + limits::numbers_reserved);
  CHECK(numbers.must_sync());
}

TEST_CASE("what a store gave out, its next start does not give out", "[storage]") {
  const scratch_directory dir;
  const auto data = dir.path / "data";
  const auto began = static_cast<sequence>(microseconds_now());
  fs::path killed;
  {
    const auto s = open_store(data);
    CHECK(s->floor() == 0);
    commit_all(*s, "lobby", {1, 2, 3});
    killed = killed_copy(data);
    session_record session;
    session.number = 77;
    session.session_id = "sess-1";
    s->stage_session(session);
    REQUIRE(s->commit());
  }
  for (const auto& place : {data, killed}) {
    const auto s = open_store(place);
    CHECK(s->floor() > began);
    CHECK(s->floor() < sequence{1} << 53);
    CHECK(all_of(*s) == "1 2 3");
  }
}

TEST_CASE("numbers stay reserved where a commit failed", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {1});
  const auto next = 2 + limits::numbers_reserved;
  {
    const file_size_limit full(0);
    CHECK_FALSE(commit_one(*s, next));
  }
  REQUIRE(s->recover());
  REQUIRE(commit_one(*s, next + 1));
  std::string end;
  sequence reserved = 0;
  const auto killed = killed_copy(dir.path);
  const raw_database raw(killed);
  REQUIRE(raw.db->Get({}, codec::numbers_key, &end).ok());
  REQUIRE(codec::decode_floor(end, reserved));
  CHECK(reserved == next + 1 + limits::numbers_reserved);
  fs::remove_all(killed);
}
