// Stores that are damaged, and what a repair makes of them.

#include "storage/repair.hpp"

#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// The largest table.
fs::path table_of(const fs::path& directory) {
  fs::path largest;
  for (const auto& file : fs::directory_iterator(directory))
    if (file.path().extension() == ".sst" &&
        (largest.empty() || file.file_size() > fs::file_size(largest)))
      largest = file.path();
  REQUIRE_FALSE(largest.empty());
  return largest;
}

/// A hundred messages of a kilobyte, in some blocks of one table.
void write_table(const fs::path& directory) {
  const auto s = open_store(directory);
  s->stage_room({"lobby", "Lobby", "", 7, 1});
  for (sequence seq = 1; seq <= 100; ++seq) REQUIRE(commit_one(*s, seq, std::string(1000, 'x')));
}

repair_report repaired(const fs::path& directory) {
  const auto report = repair_store(directory);
  if (!report) FAIL(report.error().message);
  return *report;
}

std::string refused(const fs::path& directory) {
  const auto report = repair_store(directory);
  REQUIRE_FALSE(report);
  CHECK(report.error().message.find('\n') == std::string::npos);
  CHECK_FALSE(report.error().suggestion.empty());
  return report.error().message;
}

}  // namespace

TEST_CASE("a whole store is counted and left alone by a repair", "[storage]") {
  const scratch_directory dir;
  write_table(dir.path);
  const auto report = repaired(dir.path);
  CHECK(report.damaged.empty());
  CHECK(report.lost.empty());
  CHECK((report.rooms == 1 && report.messages == 100 && report.sessions == 0));
  CHECK(all_of(*open_store(dir.path)) == one_to(100));
}

TEST_CASE("of a damaged table only the damaged block is lost", "[storage]") {
  const scratch_directory dir;
  write_table(dir.path);
  const auto table = table_of(dir.path);
  flip_byte(table, fs::file_size(table) / 2);
  const auto report = repaired(dir.path);
  CHECK(report.rooms == 1);
  CHECK(report.messages >= 80);  // a block has sixteen
  CHECK(report.messages < 100);
  REQUIRE(report.lost.size() == 1);
  CHECK(report.lost[0].find("of room lobby, before message") != std::string::npos);
  CHECK(fs::exists(report.damaged / table.filename()));
  {
    const auto s = open_store(dir.path);
    const auto page = s->load_after("lobby", 0, 1000);
    REQUIRE(page);
    CHECK(page->messages.size() == report.messages);
    CHECK(page->messages.back()->seq == 100);
    CHECK(s->rooms()->at(0).name == "Lobby");
  }
  CHECK(repaired(dir.path).damaged.empty());
}

TEST_CASE("a repair forgets which words rooms have: a node finds them again", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    for (sequence seq = 1; seq <= 600; ++seq) REQUIRE(commit_one(*s, seq, std::string(1000, 'x')));
    while (s->words_are_due()) {
      REQUIRE(s->stage_due_words());
      REQUIRE(s->commit());
    }
  }
  const auto has_words = [&] {
    const raw_database raw(dir.path);
    const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
    it->Seek("w");
    return it->Valid();
  };
  REQUIRE(has_words());
  CHECK(repaired(dir.path).lost.empty());  // whole as it is
  REQUIRE(has_words());
  const auto table = table_of(dir.path);
  flip_byte(table, fs::file_size(table) / 2);
  CHECK_FALSE(repaired(dir.path).lost.empty());
  CHECK_FALSE(has_words());
}

TEST_CASE("ids of lost messages are not given out again", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path / "data");
    for (sequence seq = 1; seq <= 20; ++seq) commit_all(*s, "lobby", {seq});
    CHECK(s->removed_up_to().value() == 0);
    killed_copy(dir.path / "data");
  }
  const auto killed = dir.path / "data-killed";
  const auto log = write_ahead_log(killed);
  flip_byte(log, fs::file_size(log) / 2);  // the rest of its block is lost with it
  const auto report = repaired(killed);
  CHECK(report.messages < 20);
  CHECK_FALSE(report.lost.empty());
  const auto removed = open_store(killed)->removed_up_to().value();
  CHECK(removed >= 20);
  CHECK(open_store(killed)->floor() >= removed);
  CHECK(repaired(killed).damaged.empty());
  CHECK(open_store(killed)->removed_up_to().value() == removed);
}

TEST_CASE("without its lists of files a store comes back whole", "[storage]") {
  const scratch_directory dir;
  write_table(dir.path);
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {101});
  const auto killed = killed_copy(dir.path);
  for (const auto& file : fs::directory_iterator(killed)) {
    const auto name = file.path().filename().string();
    if (name == "CURRENT" || name.starts_with("MANIFEST")) fs::remove(file.path());
  }
  const auto report = repaired(killed);
  CHECK(report.lost.empty());
  CHECK_FALSE(report.damaged.empty());
  CHECK(all_of(*open_store(killed)) == one_to(101));
  CHECK(open_store(killed)->removed_up_to().value() == 0);
  fs::remove_all(killed);
}

TEST_CASE("a repair refuses what it must not touch", "[storage]") {
  const scratch_directory dir;
  CHECK(refused(dir.path).find("there is no store") == 0);
  CHECK(refused(dir.path / "nowhere").find("there is no store") == 0);
  const auto data = dir.path / "data";
  const auto s = open_store(data);
  CHECK(refused(data).find("in use by another chatd") != std::string::npos);
  { raw_database(dir.path / "other").put("key", "value"); }
  CHECK(refused(dir.path / "other").find("not chatd's") != std::string::npos);
  { raw_database(dir.path / "newer").put("schema", "99"); }
  CHECK(refused(dir.path / "newer").find("schema version 99") != std::string::npos);
}

TEST_CASE("a repair that was ended in the middle goes on, and no node begins anew", "[storage]") {
  const scratch_directory dir;
  const auto data = dir.path / "data";
  write_table(data);
  for (const auto* place : {"repair.made", "repair.incoming"}) {
    // As if all files had been moved, and none back.
    fs::rename(data, dir.path / "moved");
    fs::create_directory(data);
    fs::rename(dir.path / "moved", data / place);
    fs::remove(data / place / "LOCK");
    CHECK(refusal(data).find("its repair has not ended") != std::string::npos);
    CHECK(repaired(data).messages == 100);
    CHECK(all_of(*open_store(data)) == one_to(100));
  }
}

TEST_CASE("newest messages are read as far back as they can be", "[storage]") {
  const scratch_directory dir;
  write_table(dir.path);
  flip_byte(table_of(dir.path), 50);  // the oldest
  const auto s = open_store(dir.path);
  const auto page = s->load_newest("lobby", 0, 1000, 1 << 20);
  REQUIRE(page);
  CHECK(page->has_more);
  CHECK(page->messages.size() >= 80);
  CHECK(page->messages.back()->seq == 100);
  CHECK_FALSE(s->load_after("lobby", 0, 1));
}
