// What was deleted leaves the files of the store, wherever RocksDB has put it.

#include "storage/erasure.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "tests/files_with.hpp"
#include "tests/storage/store_fixture.hpp"

namespace chat::test {

namespace {

// Unlike all others: no compression can take it apart.
std::string secret(int number) {
  static std::mt19937 random(17);
  std::string text = "secret" + std::to_string(number) + '-';
  for (int i = 0; i < 40; ++i) text += static_cast<char>('a' + random() % 26);
  return text;
}

void commit_change(store& s, message_kind kind, sequence seq, sequence target, std::string text) {
  auto m = text_message(seq, std::move(text));
  m.kind = kind;
  m.target = target;
  stage(s, "lobby", {m});
  REQUIRE(s.commit());
}

void erase_all(store& s) {
  const auto due = s.erasures_due();
  REQUIRE(s.erase(due) == true);
  s.stage_erased(due);
  REQUIRE(s.commit());
}

}  // namespace

TEST_CASE("deleted and overwritten texts are in no file once they are erased", "[storage]") {
  const scratch_directory dir;
  const auto said = secret(1), edited = secret(2), stays = secret(3), of_room = secret(4);
  {
    const auto s = open_store(dir.path);
    commit_one(*s, 1, said);
    commit_one(*s, 2, stays);
    stage(*s, "gone", {text_message(1, of_room)});
    s->stage_room({"gone", "Gone", of_room, 5, 1});
    REQUIRE(s->commit());
  }  // in a table by now
  const bool restarted = GENERATE(false, true);
  {
    auto s = open_store(dir.path);
    commit_change(*s, message_kind::edit, 3, 1, edited);
    if (restarted) s.reset(), s = open_store(dir.path);
    commit_change(*s, message_kind::deletion, 4, 1, "");
    s->stage_no_room("gone", 1);
    REQUIRE(s->commit());
    remove_room(*s, "gone");
    for (sequence seq = 5; seq < 1'500; ++seq) commit_one(*s, seq);
    if (restarted) s.reset(), s = open_store(dir.path);
    for (const auto& text : {said, edited, of_room})
      if (!restarted) CHECK_FALSE(files_with(dir.path, text).empty());
    REQUIRE(s->has_erasures());
    erase_all(*s);
    CHECK_FALSE(s->has_erasures());
    for (const auto& text : {said, edited, of_room}) CHECK(files_with(dir.path, text) == "");
    CHECK_FALSE(files_with(dir.path, stays).empty());
    const auto copy = dir.path / "backup";
    REQUIRE(s->checkpoint(copy));
    for (const auto& text : {said, edited, of_room}) CHECK(files_with(copy, text) == "");
  }
  const auto s = open_store(dir.path);
  CHECK_FALSE(s->has_erasures());
  CHECK(s->load_after("lobby", 0, 2)->messages.at(1)->text == stays);
}

TEST_CASE("what is deleted while files are rewritten stays to be erased", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  for (sequence seq = 1; seq <= 3; ++seq) commit_one(*s, seq);
  commit_change(*s, message_kind::deletion, 4, 1, "");
  const auto due = s->erasures_due();
  REQUIRE(due.size() == 1);
  CHECK(s->erase(due) == true);
  commit_change(*s, message_kind::deletion, 5, 1, "");  // the same entry
  s->stage_erased(due);
  REQUIRE(s->commit());
  CHECK(s->has_erasures());
  s->stop_erasing();
  CHECK(s->erase(due) == false);
}

}  // namespace chat::test
