// Searching: held to what looking at every message one by one finds.

#include "storage/message_search.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <tuple>

#include "storage/codec.hpp"
#include "storage/word_filter.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

using rooms_map = std::map<std::string, std::vector<message>>;

/// All pages of a search, as "room:seq …". `between` runs after each page.
std::string find(
    const std::shared_ptr<const store>& db, const std::vector<std::string>& rooms,
    const std::string& query, std::size_t limit, std::size_t bytes_max = limits::search_bytes_max,
    const std::function<void()>& between = [] {}) {
  std::string out;
  std::optional<search_position> after;
  for (int pages = 0; pages < 10'000; ++pages) {
    message_search search(db, rooms, {search_words(query), limit, after, bytes_max});
    while (true) {
      const auto done = search.go_on();
      if (!done) return "failure: " + done.error().message;
      if (*done) break;
    }
    const auto page = search.take();
    if (page.messages.size() > limit) return "too many";
    for (const auto& [room_id, m] : page.messages)
      out += (out.empty() ? "" : " ") + room_id + ':' + std::to_string(m->seq);
    for (const auto& lost : page.unreadable) out += " lost " + lost.room_id;
    if (!page.next) return out;
    after = page.next;
    between();
  }
  return "no end";
}

/// The same, by looking at every message.
std::string expected(const rooms_map& rooms, const std::string& query) {
  std::vector<std::tuple<std::int64_t, std::string, std::int64_t>> found;
  for (const auto& [room_id, messages] : rooms) {
    auto time_ms = std::numeric_limits<std::int64_t>::max();
    for (auto m = messages.rbegin(); m != messages.rend(); ++m) {
      time_ms = std::min(time_ms, m->timestamp_ms);
      if (has_words(m->text, search_words(query)))
        found.emplace_back(-time_ms, room_id, -static_cast<std::int64_t>(m->seq));
    }
  }
  std::ranges::sort(found);
  std::string out;
  for (const auto& [time_ms, room_id, seq] : found)
    out += (out.empty() ? "" : " ") + room_id + ':' + std::to_string(-seq);
  return out;
}

/// Indexes until nothing is due, `steps` at most.
void index_words(store& s, int steps = 1'000'000) {
  for (; steps > 0 && s.words_are_due(); --steps) {
    REQUIRE(s.stage_due_words());
    REQUIRE(s.commit());
  }
}

std::size_t stretches(const fs::path& directory) {
  const raw_database raw(directory);
  const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
  std::size_t count = 0;
  for (it->Seek("w"); it->Valid() && it->key().starts_with("w"); it->Next()) ++count;
  return count;
}

class random_rooms {
 public:
  explicit random_rooms(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  /// Mostly of a few words, now and then one of many.
  std::string text() {
    std::string out;
    for (auto n = 1 + below(5); n > 0; --n)
      out += "w" + std::to_string(below(below(4) == 0 ? 3'000 : 6)) + ' ';
    return out;
  }
  /// A batch of a room, committed. The clock now and then goes back.
  void grow(store& s, const std::string& room_id) {
    auto& held = rooms[room_id];
    std::vector<message> batch;
    for (auto n = 1 + below(60); n > 0; --n) {
      const auto seq = (held.empty() ? 0 : held.back().seq) + 1 + (below(50) == 0 ? 3 : 0);
      clock_ms_ += below(200) == 0 ? -40 : static_cast<std::int64_t>(below(3));
      auto m = text_message(seq, text());
      m.timestamp_ms = clock_ms_;
      held.push_back(m);
      batch.push_back(std::move(m));
    }
    stage(s, room_id, batch);
    REQUIRE(s.commit());
  }

  rooms_map rooms;

 private:
  std::mt19937 random_;
  std::int64_t clock_ms_ = 1'700'000'000'000;
};

}  // namespace

TEST_CASE("search finds what looking at every message finds, indexed or not", "[storage]") {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    const scratch_directory dir;
    std::shared_ptr<store> s = open_store(dir.path);
    random_rooms made(seed);
    const std::vector<std::string> names = {"a", "ab", "b"};
    for (int i = 0; i < 120; ++i) {
      made.grow(*s, names[made.below(made.below(3) + 1)]);
      if (seed % 3 != 0 && made.below(20) == 0) index_words(*s, 3);
    }
    for (const bool again : {false, true}) {
      CAPTURE(again);
      for (const auto* query : {"w1", "w2 w3", "w7", "w25", "w251", "w5 w4 w3", "w2999", "none"}) {
        CAPTURE(query);
        for (const std::size_t limit : {1U, 7U, 1000U})
          CHECK(find(s, names, query, limit) == expected(made.rooms, query));
        // With a budget so small that nearly every page ends early.
        CHECK(find(s, names, query, 5, 1) == expected(made.rooms, query));
        CHECK(find(s, {"ab"}, query, 3) == expected({{"ab", made.rooms["ab"]}}, query));
      }
      // As a node finds it that was killed, with all of it indexed.
      s.reset();
      s = open_store(dir.path);
      index_words(*s);
    }
    s.reset();
    CHECK(stretches(dir.path) > 0);
  }
}

TEST_CASE("paging misses and repeats nothing while messages are added", "[storage]") {
  const scratch_directory dir;
  const std::shared_ptr<store> s = open_store(dir.path);
  random_rooms made(7);
  for (int i = 0; i < 60; ++i) made.grow(*s, i % 2 == 0 ? "a" : "b");
  const auto before = expected(made.rooms, "w1");
  random_rooms more(8);
  sequence next = 100'000;
  CHECK(find(s, {"a", "b"}, "w1", 10, limits::search_bytes_max, [&] {
          auto m = text_message(++next, "w1 w2");
          m.timestamp_ms = 1'800'000'000'000 + static_cast<std::int64_t>(next);
          stage(*s, "a", {m});
          REQUIRE(s->commit());
          index_words(*s, 1);
        }) == before);
}

TEST_CASE("rooms that share the beginning of their names are not mixed up", "[storage]") {
  const scratch_directory dir;
  const std::shared_ptr<store> s = open_store(dir.path);
  commit_all(*s, "a", {1});
  commit_all(*s, "aa", {1, 2});
  commit_all(*s, "b", {1});
  CHECK(find(s, {"a"}, "hello", 9) == "a:1");
  CHECK(find(s, {"aa"}, "hell", 9) == "aa:2 aa:1");
  CHECK(find(s, {"c"}, "hello", 9).empty());
  CHECK(find(s, {}, "hello", 9).empty());
  CHECK(find(s, {"b", "a", "aa"}, "hello", 1) == "aa:2 a:1 aa:1 b:1");
}

TEST_CASE("a deleted room takes what was indexed of it along", "[storage]") {
  const scratch_directory dir;
  {
    const std::shared_ptr<store> s = open_store(dir.path);
    std::vector<message> many;
    for (sequence seq = 1; seq <= 1'500; ++seq) many.push_back(text_message(seq, "hello there"));
    stage(*s, "a", many);
    stage(*s, "ab", many);
    REQUIRE(s->commit());
    index_words(*s);
    remove_room(*s, "a");
    commit_all(*s, "a", {1'501});  // of a new one
    CHECK(find(s, {"a"}, "hello", 9) == "a:1501");
  }
  CHECK(stretches(dir.path) == 2);  // of the other one
}

TEST_CASE("what is known of words is damaged: search reads the messages", "[storage]") {
  const scratch_directory dir;
  {
    const std::shared_ptr<store> s = open_store(dir.path);
    std::vector<message> many;
    for (sequence seq = 1; seq <= 1'600; ++seq)
      many.push_back(text_message(seq, seq % 500 == 0 ? "rare" : "often"));
    stage(*s, "a", many);
    REQUIRE(s->commit());
    index_words(*s);
  }
  REQUIRE(stretches(dir.path) == 2);
  {
    const raw_database raw(dir.path);
    const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
    it->Seek("w");
    it->Next();
    raw.db->Put({}, it->key(), "nonsense");
  }
  const std::shared_ptr<store> s = open_store(dir.path);
  CHECK(find(s, {"a"}, "rare", 9) == "a:1500 a:1000 a:500");
  // A change of a message in that stretch goes its way, and is found.
  auto change = text_message(1'601, "rarely");
  change.kind = message_kind::edit;
  change.target = 600;
  stage(*s, "a", {change});
  REQUIRE(s->commit());
  CHECK(find(s, {"a"}, "rarely", 9) == "a:600");
}

TEST_CASE("a room that cannot be read does not keep others from being searched", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    commit_all(*s, "a", {1});
    commit_all(*s, "b", {1});
  }
  {
    raw_database raw(dir.path);
    std::string key;
    chat::codec::encode_message_key(key, "a", 1);
    raw.put(key, "rubbish");
  }
  const std::shared_ptr<store> s = open_store(dir.path);
  CHECK(find(s, {"a", "b"}, "hello", 9) == "b:1 lost a");
}

TEST_CASE("what an older index denies is found, before and after it is made anew", "[storage]") {
  const scratch_directory dir;
  std::vector<message> many;
  for (sequence seq = 1; seq <= 1'500; ++seq)
    many.push_back(text_message(seq, seq == 7 ? "ĐƯỜNG" : "hello there"));
  {
    const auto s = open_store(dir.path);
    stage(*s, "a", many);
    REQUIRE(s->commit());
    index_words(*s);
  }
  REQUIRE(stretches(dir.path) == 2);
  {
    raw_database raw(dir.path);
    std::map<std::string, std::string> old;
    const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
    for (it->Seek("w"); it->Valid() && it->key().starts_with("w"); it->Next()) {
      chat::codec::stored_words words;
      REQUIRE(chat::codec::decode(it->value().ToStringView(), words));
      word_filter denies_all;
      words.filter = denies_all.fold();
      std::string value;
      chat::codec::encode(value, words);
      old[it->key().ToString()] = '\1' + value.substr(5);  // as it was before there were versions
    }
    for (const auto& [key, value] : old) raw.put(key, value);
    raw.put(std::string(chat::codec::index_key), chat::codec::encode_index_version(1));
  }
  const std::shared_ptr<store> s = open_store(dir.path);
  for (int round = 0; round < 2; ++round) {
    CHECK(find(s, {"a"}, "đường", 9) == "a:7");
    CHECK(find(s, {"a"}, "absent", 9).empty());
    index_words(*s);
    CHECK_FALSE(s->words_are_due());
  }
}
