// The store on real RocksDB: formats, ranges, batches.

#include <atomic>
#include <cstring>
#include <thread>

#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

// --- formats ------------------------------------------------------------------------------------

TEST_CASE("every field of a message comes back", "[storage]") {
  const scratch_directory dir;
  const std::string nul("a\0b", 3);
  const std::vector<message> sent{
      {1, 0, "", "", "", ""},
      {2, -1, "Zoë", "user:local", "id-1", "日本語 🎉"},
      {3, std::numeric_limits<std::int64_t>::max(), nul, nul, nul, nul},
      {4, 1, std::string(127, 'x'), std::string(128, 'y'), std::string(300, 'z'),
       std::string(70'000, 't')},
  };
  {
    const auto s = open_store(dir.path);
    stage(*s, "lobby", sent);
    REQUIRE(s->commit());
  }
  const auto s = open_store(dir.path);
  const auto page = s->load_after("lobby", 0, 10);
  REQUIRE(page);
  REQUIRE(page->messages.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& got = *page->messages[i];
    CHECK(got.seq == sent[i].seq);
    CHECK(got.timestamp_ms == sent[i].timestamp_ms);
    CHECK(got.sender == sent[i].sender);
    CHECK(got.author == sent[i].author);
    CHECK(got.client_id == sent[i].client_id);
    CHECK(got.text == sent[i].text);
  }
}

TEST_CASE("every field of a room comes back, and a later definition replaces it", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    s->stage_room({"b", "Old", "", 7, 1});
    s->stage_room({"a", "", "", 0, 0});
    s->stage_room({"a.b", "Ünï", std::string("x\0y", 3), 1'000'000, -5});
    REQUIRE(s->commit());
    s->stage_room({"b", "New", "described", 8, 2});
    REQUIRE(s->commit());
  }
  const auto rooms = open_store(dir.path)->rooms();
  REQUIRE(rooms);
  REQUIRE(rooms->size() == 3);
  CHECK((*rooms)[0].id == "a");
  CHECK((*rooms)[0].participants_max == 0);
  CHECK((*rooms)[1].id == "a.b");
  CHECK((*rooms)[1].name == "Ünï");
  CHECK((*rooms)[1].description == std::string("x\0y", 3));
  CHECK((*rooms)[1].participants_max == 1'000'000);
  CHECK((*rooms)[1].created_ms == -5);
  CHECK((*rooms)[2].name == "New");
  CHECK((*rooms)[2].description == "described");
  CHECK((*rooms)[2].participants_max == 8);
  CHECK((*rooms)[2].created_ms == 2);
}

TEST_CASE("a new store has no rooms and no messages", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path / "is" / "created");
  CHECK(s->rooms().value().empty());
  CHECK(all_of(*s).empty());
  CHECK(s->load_newest("lobby", 0, 10, 10'000).value().messages.empty());
  CHECK(s->first_sequence("lobby").value() == 0);
}

namespace {

// How many messages `encode` could have put there; nothing for bytes that it cannot have made.
std::optional<std::size_t> count_messages(std::string_view value, sequence last) {
  chat::codec::message_reader in(value, last);
  chat::codec::stored_message m;
  for (std::size_t count = 0;; ++count) switch (in.next(m)) {
      case chat::codec::message_reader::outcome::some:
        break;
      case chat::codec::message_reader::outcome::end:
        return count;
      case chat::codec::message_reader::outcome::damaged:
        return std::nullopt;
    }
}

}  // namespace

TEST_CASE("decoding refuses every cut, every addition and survives every changed byte",
          "[storage]") {
  std::vector<message_ptr> messages;
  for (sequence seq : {3, 4, 200})
    messages.push_back(std::make_shared<message>(text_message(seq, std::string(200, 'x'))));
  std::string value;
  chat::codec::encode(value, messages);
  CHECK(count_messages(value, 200) == 3);
  CHECK_FALSE(count_messages(value, 197));  // under another key: before the first of all
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(count_messages(std::string_view(value).substr(0, size), 200));
  CHECK_FALSE(count_messages(value + "x", 200));
  // Read past the end would show under ASan: the copy is exactly as large as its bytes.
  for (std::size_t i = 0; i < value.size(); ++i)
    for (int byte = 0; byte < 256; ++byte) {
      std::vector<char> changed(value.begin(), value.end());
      changed[i] = static_cast<char>(byte);
      (void)count_messages(std::string_view(changed.data(), changed.size()), 200);
    }
  CHECK_FALSE(count_messages("\x03", 200));  // a format of the future
  // 197 behind in three bytes instead of two.
  CHECK_FALSE(count_messages(value.substr(0, 1) + "\xC5\x81" + '\0' + value.substr(3), 200));
  room_definition room;
  chat::codec::encode(value, room_definition{"a", "name", "text", 5, 6});
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(chat::codec::decode(std::string_view(value).substr(0, size), room));
}

TEST_CASE("messages of one value lie less than 2^32 apart", "[storage]") {
  const sequence last = sequence{1} << 40;
  std::string value;
  chat::codec::encode(value,
                      std::vector<message_ptr>{std::make_shared<message>(text_message(last, "x"))});
  const auto two = [&](std::string_view behind) {
    return count_messages(
        value.substr(0, 1) + std::string(behind) + value.substr(2) + value.substr(1), last);
  };
  CHECK(two("\xff\xff\xff\xff\x0f") == 2);  // 2^32 - 1
  CHECK_FALSE(two("\x80\x80\x80\x80\x10"));
  CHECK_FALSE(two("\xff\xff\xff\xff\x7f"));
}

TEST_CASE("a store of the first schema is taken over with its messages", "[storage]") {
  const scratch_directory dir;
  {
    raw_database before(dir.path);
    before.put("schema", "1");
    std::string key;
    chat::codec::encode_message_key(key, "lobby", 7);
    using namespace std::string_literals;
    before.put(key,
               "\x01\0\0\0\0\0\0\0\x05\x03"
               "Ann\x06"
               "sess-1\0\x02hi"s);
  }
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {8});
  CHECK(all_of(*s) == "7 8");
  const auto m = s->load_after("lobby", 0, 1)->messages[0];
  CHECK(m->timestamp_ms == 5);
  CHECK(m->sender == "Ann");
  CHECK(m->author == "sess-1");
  CHECK(m->client_id.empty());
  CHECK(m->text == "hi");
}

TEST_CASE("what a room commits at once shares values of bounded size", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    std::vector<message> messages;
    for (sequence seq = 1; seq <= 100; ++seq)
      messages.push_back(text_message(seq, std::string(1000, 'x')));
    messages.push_back(text_message(101, std::string(40'000, 'x')));  // larger than a value may be
    stage(*s, "lobby", messages);
    REQUIRE(s->commit());
    CHECK(all_of(*s) == one_to(101));
  }
  std::size_t values = 0, largest = 0;
  const raw_database raw(dir.path);
  const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
  for (it->Seek("m"); it->Valid() && it->key().starts_with("m"); it->Next(), ++values)
    if (it->value().size() < 40'000) largest = std::max(largest, it->value().size());
  CHECK(values == 9);
  CHECK(largest > 12'000);
  CHECK(largest <= 16 * 1024);
}

TEST_CASE("an unreadable value is a failure that names message and room", "[storage]") {
  const scratch_directory dir;
  commit_all(*open_store(dir.path), "lobby", {1, 2, 3});
  std::string key;
  chat::codec::encode_message_key(key, "lobby", 2);
  raw_database(dir.path).put(key, "\x01garbage");
  raw_database(dir.path).put("rlobby", "\x01");
  const auto s = open_store(dir.path);
  CHECK(all_of(*s).find("message 2 of room lobby is unreadable") != std::string::npos);
  CHECK(render(s->load_after("lobby", 2, 9)) == "3");
  CHECK(render(s->load_newest("lobby", 0, 5, 10'000)) == "3 ...");
  CHECK_FALSE(s->rooms());
}

// --- order and ranges ---------------------------------------------------------------------------

TEST_CASE("messages come in numeric order across byte boundaries", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "lobby", {4294967296, 256, 65536, 255, 1, 4294967295, 65535, 257});
  CHECK(all_of(*s) == "1 255 256 257 65535 65536 4294967295 4294967296");
  CHECK(render(s->load_after("lobby", 255, 2)) == "256 257 ...");
}

TEST_CASE("rooms with similar names do not see each other", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit_all(*s, "a", {1, 2});
  commit_all(*s, "a-", {3});
  commit_all(*s, "a.b", {4});
  commit_all(*s, "aa", {5});
  commit_all(*s, "A", {6});
  for (const auto& [room, expected] :
       {std::pair{"a", "1 2"}, {"a-", "3"}, {"a.b", "4"}, {"aa", "5"}, {"A", "6"}, {"a.", ""}}) {
    CHECK(all_of(*s, room) == expected);
    CHECK(render(s->load_newest(room, 0, 9, 99'999)) == expected);
  }
  CHECK(s->first_sequence("a-").value() == 3);
  CHECK(s->first_sequence("a.").value() == 0);
}

TEST_CASE("load_after answers the page above a sequence and whether more follow", "[storage]") {
  const auto commit = GENERATE(commit_all, commit_batch);
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, "lobby", {2, 3, 5, 9});
  CHECK(render(s->load_after("lobby", 0, 9)) == "2 3 5 9");
  CHECK(render(s->load_after("lobby", 0, 4)) == "2 3 5 9");
  CHECK(render(s->load_after("lobby", 0, 3)) == "2 3 5 ...");
  CHECK(render(s->load_after("lobby", 3, 1)) == "5 ...");
  CHECK(render(s->load_after("lobby", 4, 9)) == "5 9");
  CHECK(render(s->load_after("lobby", 8, 1)) == "9");
  CHECK(render(s->load_after("lobby", 9, 9)).empty());
  CHECK(render(s->load_after("lobby", 1000, 9)).empty());
  CHECK(render(s->load_after("lobby", ~sequence{0}, 9)).empty());
  CHECK(render(s->load_after("lobby", 0, 0)) == " ...");
  CHECK(render(s->load_after("lobby", 9, 0)).empty());
  CHECK(s->first_sequence("lobby").value() == 2);
}

TEST_CASE("load_newest answers the newest that fit both limits", "[storage]") {
  const auto commit = GENERATE(commit_all, commit_batch);
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, "lobby", {2, 3, 5, 9});
  const std::size_t each = text_message(1).bytes();
  CHECK(render(s->load_newest("lobby", 0, 9, 99'999)) == "2 3 5 9");
  CHECK(render(s->load_newest("lobby", 0, 4, 4 * each)) == "2 3 5 9");
  CHECK(render(s->load_newest("lobby", 0, 2, 99'999)) == "5 9 ...");
  CHECK(render(s->load_newest("lobby", 0, 9, 3 * each)) == "3 5 9 ...");
  CHECK(render(s->load_newest("lobby", 0, 9, 3 * each - 1)) == "5 9 ...");
  CHECK(render(s->load_newest("lobby", 0, 0, 99'999)) == " ...");
  CHECK(render(s->load_newest("lobby", 0, 9, 1)) == " ...");
}

// --- batches ------------------------------------------------------------------------------------

TEST_CASE("a batch is invisible until committed, and then visible whole", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  CHECK(s->staged_bytes() == 0);
  for (sequence seq = 1; seq <= 50; ++seq)
    stage(*s, seq % 2 != 0 ? "odd" : "even", {text_message(seq)});
  s->stage_room({"odd", "", "", 1, 1});
  CHECK(s->staged_bytes() > 50 * 20);
  CHECK(all_of(*s, "odd").empty());
  REQUIRE(s->commit());
  CHECK(s->staged_bytes() == 0);
  CHECK(s->load_after("odd", 0, 99).value().messages.size() == 25);
  CHECK(s->load_after("even", 0, 99).value().messages.size() == 25);
  CHECK(s->rooms().value().size() == 1);
}

TEST_CASE("a dropped batch is never written", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    stage(*s, "lobby", {text_message(1)});
    s->drop();
    CHECK(s->staged_bytes() == 0);
    REQUIRE(s->commit());  // nothing to do
    commit_all(*s, "lobby", {2});
    stage(*s, "lobby", {text_message(3)});  // lost with the process
  }
  CHECK(all_of(*open_store(dir.path)) == "2");
}

TEST_CASE("both durabilities keep what was committed", "[storage]") {
  for (const auto mode : {durability::process, durability::power}) {
    const scratch_directory dir;
    commit_all(*open_store(dir.path, mode), "lobby", {1, 2});
    commit_all(*open_store(dir.path, mode), "lobby", {3});
    CHECK(all_of(*open_store(dir.path)) == "1 2 3");
  }
}

TEST_CASE("readers on other threads see whole batches while one is written", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto tail = s->load_newest("lobby", 0, 4, 99'999);
        if (!tail || (!tail->messages.empty() && tail->messages.back()->seq % 4 != 0)) ++torn;
      }
    });
  bool committed = true;
  for (sequence seq = 1; seq <= 800 && committed; seq += 4) {
    for (sequence i = 0; i < 4; ++i) stage(*s, "lobby", {text_message(seq + i)});
    committed = s->commit().has_value();
    if (seq % 100 == 1) committed = committed && s->recover().has_value();
  }
  stop = true;
  for (auto& t : readers) t.join();
  CHECK(committed);
  CHECK(torn == 0);
}

TEST_CASE("load_newest answers what lies above a sequence", "[storage]") {
  const auto commit = GENERATE(commit_all, commit_batch);
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, "lobby", {2, 3, 5, 9});
  CHECK(render(s->load_newest("lobby", 2, 9, 99'999)) == "3 5 9");
  CHECK(render(s->load_newest("lobby", 3, 1, 99'999)) == "9 ...");
  CHECK(render(s->load_newest("lobby", 4, 2, 99'999)) == "5 9");
  CHECK(render(s->load_newest("lobby", 9, 9, 99'999)).empty());
  CHECK(render(s->load_newest("lobby", 99, 9, 99'999)).empty());
}
