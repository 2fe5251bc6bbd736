// Which words stretches of a room have: filters, when one is made, and messages that change.

#include "storage/word_index.hpp"

#include "model/limits.hpp"
#include "storage/codec.hpp"
#include "storage/word_filter.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

search_word whole(std::string text) { return {std::move(text), false}; }
search_word beginning(std::string text) { return {std::move(text), true}; }

/// An index on plain RocksDB.
struct indexed_room {
  scratch_directory dir;
  raw_database raw{dir.path};
  word_index words;

  void hold(sequence first, sequence last, const std::string& text, sequence per_entry = 10) {
    for (; first <= last; first += per_entry) {
      std::vector<message_ptr> messages;
      for (auto seq = first; seq < first + per_entry && seq <= last; ++seq)
        messages.push_back(std::make_shared<const message>(text_message(seq, text)));
      put(messages);
      words.saw("lobby", messages.front()->seq, messages.back()->seq);
    }
  }
  void put(const std::vector<message_ptr>& messages) {
    std::string key, value;
    chat::codec::encode_message_key(key, "lobby", messages.back()->seq);
    chat::codec::encode(value, messages);
    raw.put(key, value);
  }
  void index() {
    while (words.is_due()) {
      rocksdb::WriteBatch batch;
      REQUIRE(words.stage_next(*raw.db, batch, dir.path));
      REQUIRE(raw.db->Write({}, &batch).ok());
    }
  }
  /// "1-512 513-1024", where they have the word.
  std::string stretches(const search_word& word) const {
    std::string out;
    const std::unique_ptr<rocksdb::Iterator> it(raw.db->NewIterator({}));
    for (it->Seek("w"); it->Valid(); it->Next()) {
      chat::codec::stored_words stored;
      REQUIRE(chat::codec::decode(it->value().ToStringView(), stored));
      const auto last = chat::codec::sequence_of_words_key(it->key().ToStringView(), "lobby");
      if (word_filter::may_have(stored.filter, word))
        out += (out.empty() ? "" : " ") + std::to_string(stored.first) + '-' + std::to_string(last);
    }
    return out;
  }
};

}  // namespace

TEST_CASE("a filter has all its words and their beginnings, and denies most others", "[storage]") {
  for (const int count : {1, 40, 4'000}) {
    CAPTURE(count);
    word_filter filter;
    for (int i = 0; i < count; ++i) filter.add("Say word" + std::to_string(i) + "teen, 会议");
    const std::string stored(filter.fold());
    CHECK(word_filter::is_one(stored));
    for (int i = 0; i < count; ++i)
      REQUIRE(word_filter::may_have(stored, whole("word" + std::to_string(i) + "teen")));
    for (const auto* text : {"w", "wo", "wor", "word", "word0", "word0te", "word0teen"})
      CHECK(word_filter::may_have(stored, beginning(text)));
    CHECK(word_filter::may_have(stored, whole("议")));
    int wrong = 0;
    for (int i = 0; i < 1'000; ++i)
      wrong += word_filter::may_have(stored, whole("other" + std::to_string(i))) ? 1 : 0;
    CHECK(wrong < 300);
  }
  word_filter none;
  CHECK(none.fold().size() == word_filter::bytes_min);
}

TEST_CASE("a stretch is made of 512 messages, and never twice", "[storage]") {
  indexed_room room;
  room.hold(1, 511, "hello");
  room.index();
  CHECK(room.stretches(whole("hello")).empty());
  room.hold(512, 1'100, "there");
  room.index();
  // It ends with an entry.
  CHECK(room.stretches(whole("hello")) == "1-521");
  CHECK(room.stretches(beginning("ther")) == "1-521 522-1041");
  room.words = {};  // as after a restart
  room.index();
  CHECK(room.stretches(whole("there")) == "1-521 522-1041");
  CHECK(room.stretches(whole("nothing")).empty());
}

TEST_CASE("what was in the store before there was an index is found and indexed", "[storage]") {
  indexed_room room;
  room.hold(1, 5'000, "hello", 1);
  room.words = {};
  room.index();
  CHECK(room.stretches(whole("hello")).starts_with("1-512 513-1024 "));
  CHECK(room.stretches(whole("hello")).ends_with("4097-4608"));
}

TEST_CASE("stretches of another version are made anew, one at a time, and no others", "[storage]") {
  indexed_room room;
  room.hold(1, 1'600, "hello");
  room.index();
  REQUIRE(room.stretches(whole("hello")) == "1-520 521-1040 1041-1560");
  const auto versions = [&] {
    std::string out;
    const std::unique_ptr<rocksdb::Iterator> it(room.raw.db->NewIterator({}));
    for (it->Seek("w"); it->Valid(); it->Next()) {
      chat::codec::stored_words stored;
      REQUIRE(chat::codec::decode(it->value().ToStringView(), stored));
      out += stored.version == words_version() ? 'n' : 'o';
    }
    return out;
  };
  CHECK(versions() == "nnn");
  // As an older program left them: words that it did not find, and no version of the whole.
  word_filter none;
  for (const auto& [first, last] : {std::pair{1, 520}, {1041, 1560}}) {
    std::string key, value;
    chat::codec::encode_words_key(key, "lobby", static_cast<sequence>(last));
    chat::codec::encode(value,
                        chat::codec::stored_words{0, static_cast<sequence>(first), 5, none.fold()});
    room.raw.put(key, value);
  }
  room.raw.put(std::string(chat::codec::index_key), chat::codec::encode_index_version(1));
  REQUIRE(versions() == "ono");
  room.words = {};
  int batches = 0;
  while (room.words.is_due()) {
    rocksdb::WriteBatch batch;
    REQUIRE(room.words.stage_next(*room.raw.db, batch, room.dir.path));
    CHECK(batch.Count() <= 1);
    REQUIRE(room.raw.db->Write({}, &batch).ok());
    ++batches;
  }
  CHECK(versions() == "nnn");
  CHECK(room.stretches(whole("hello")) == "1-520 521-1040 1041-1560");
  CHECK(batches < 10);
  room.words = {};  // a later start finds that it is done
  rocksdb::WriteBatch batch;
  while (room.words.is_due()) REQUIRE(room.words.stage_next(*room.raw.db, batch, room.dir.path));
  CHECK(batch.Count() == 0);
}

TEST_CASE("a message that changes is found by its new words", "[storage]") {
  indexed_room room;
  room.hold(1, 600, "hello");
  room.index();
  REQUIRE(room.stretches(whole("hello")) == "1-520");
  CHECK(room.stretches(whole("changed")).empty());
  rocksdb::WriteBatch batch;
  const auto rewrite = [&](sequence last, const std::string& text) {
    const std::vector<message_ptr> entry = {
        std::make_shared<const message>(text_message(last, text))};
    room.words.restage(*room.raw.db, batch, "lobby", last, entry);
  };
  rewrite(10, "changed");
  rewrite(520, "twice");  // of the same stretch, in the same batch
  rewrite(530, "later");  // of none
  rewrite(10, "hello");   // has it already
  REQUIRE(room.raw.db->Write({}, &batch).ok());
  room.words.on_batch_over();
  for (const auto* word : {"hello", "changed", "twice"})
    CHECK(room.stretches(whole(word)) == "1-520");
  CHECK(room.stretches(whole("later")).empty());
}

TEST_CASE("a stretch's value with anything cut off is refused", "[storage]") {
  word_filter filter;
  std::string value;
  chat::codec::encode(value, chat::codec::stored_words{9, 7, 8, filter.fold()});
  chat::codec::stored_words words;
  REQUIRE(chat::codec::decode(value, words));
  CHECK(words.version == 9);
  CHECK(words.first == 7);
  CHECK(words.oldest_ms == 8);
  for (std::size_t size = 0; size < value.size(); ++size)
    CHECK_FALSE(chat::codec::decode(std::string_view(value).substr(0, size), words));
  CHECK_FALSE(chat::codec::decode(value + 'x', words));
  value[0] = 3;
  CHECK_FALSE(chat::codec::decode(value, words));
  value = '\1' + value.substr(5);  // as it was before there were versions
  REQUIRE(chat::codec::decode(value, words));
  CHECK(words.version == 0);
  CHECK(words.first == 7);
}
