// Edits and deletions: the entries that hold their targets are rewritten in the same batch.

#include <catch2/catch.hpp>

#include "storage/codec.hpp"
#include "tests/storage/store_fixture.hpp"

namespace chat::test {

namespace {

message change_of(message_kind kind, sequence seq, sequence target, std::string text = "") {
  auto m = text_message(seq, std::move(text));
  m.client_id.clear();
  m.kind = kind;
  m.target = target;
  return m;
}

// "1:one 2:TWO(3) 3>2:TWO 4x1": what was said and by what it was changed, edits, deletions.
std::string told(const store& s) {
  const auto page = s.load_after("lobby", 0, 100);
  REQUIRE(page);
  std::string out;
  for (const auto& m : page->messages) {
    if (!out.empty()) out += ' ';
    out += std::to_string(m->seq);
    if (m->kind == message_kind::said) {
      out += ':' + m->text;
      if (m->changed_by > 0) out += '(' + std::to_string(m->changed_by) + ')';
    } else {
      out += (m->kind == message_kind::edit ? '>' : 'x') + std::to_string(m->target);
      if (!m->text.empty()) out += ':' + m->text;
    }
  }
  return out;
}

void commit(store& s, const std::vector<message>& messages) {
  stage(s, "lobby", messages);
  REQUIRE(s.commit());
}

}  // namespace

TEST_CASE("a change rewrites what it is about, and stands in the order itself", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    commit(*s, {text_message(1, "one"), text_message(2, "two"), text_message(3, "three")});
    commit(*s, {change_of(message_kind::edit, 4, 2, "TWO"), text_message(5, "five")});
    CHECK(told(*s) == "1:one 2:TWO(4) 3:three 4>2:TWO 5:five");
    commit(*s, {change_of(message_kind::edit, 6, 2, "Two!")});
    CHECK(told(*s) == "1:one 2:Two!(6) 3:three 4>2 5:five 6>2:Two!");
    // Two of one entry in one batch, and no text of a deleted message anywhere.
    commit(*s, {change_of(message_kind::deletion, 7, 2), change_of(message_kind::deletion, 8, 1)});
    CHECK(told(*s) == "1:(8) 2:(7) 3:three 4>2 5:five 6>2 7x2 8x1");
    const auto changed = s->load_after("lobby", 1, 1)->messages[0];
    CHECK(changed->changed_ms == 1'700'000'000'007);
    CHECK(changed->sender == "Ann");
  }
  CHECK(told(*open_store(dir.path)) == "1:(8) 2:(7) 3:three 4>2 5:five 6>2 7x2 8x1");
}

TEST_CASE("two changes in one entry that are committed together are both in it", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, {text_message(1, "one"), text_message(2, "two"), text_message(3, "three")});
  stage(*s, "lobby", {change_of(message_kind::deletion, 4, 1)});
  stage(*s, "lobby", {change_of(message_kind::deletion, 5, 2)});
  stage(*s, "lobby", {change_of(message_kind::edit, 6, 3, "THREE")});
  REQUIRE(s->commit());
  CHECK(told(*s) == "1:(4) 2:(5) 3:THREE(6) 4x1 5x2 6>3:THREE");
  // What is forgotten is no part of the next batch.
  stage(*s, "lobby", {change_of(message_kind::deletion, 7, 3)});
  s->drop();
  stage(*s, "lobby", {change_of(message_kind::edit, 7, 3, "3")});
  REQUIRE(s->commit());
  CHECK(told(*s) == "1:(4) 2:(5) 3:3(7) 4x1 5x2 6>3 7>3:3");
}

TEST_CASE("a change of what is not held stands alone", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, {text_message(2, "two"), text_message(4, "four")});
  commit(*s,
         {change_of(message_kind::edit, 5, 3, "gone"), change_of(message_kind::edit, 6, 1, "x")});
  CHECK(told(*s) == "2:two 4:four 5>3:gone 6>1:x");
}

TEST_CASE("a change that could not be committed leaves its target as it was", "[storage]") {
  const scratch_directory dir;
  const auto s = open_store(dir.path);
  commit(*s, {text_message(1, "one")});
  {
    const file_size_limit full(0);
    stage(*s, "lobby", {change_of(message_kind::edit, 2, 1, "ONE")});
    CHECK_FALSE(s->commit());
  }
  REQUIRE(s->recover());
  CHECK(told(*s) == "1:one");
  commit(*s, {change_of(message_kind::edit, 3, 1, "ONE")});
  CHECK(told(*s) == "1:ONE(3) 3>1:ONE");
}

TEST_CASE("values with changes are read only as they are written", "[storage]") {
  auto changed = text_message(7, "seven");
  changed.changed_by = 9;
  changed.changed_ms = 1;
  const auto encoded = [](const message& m) {
    std::string out;
    const message_ptr one = std::make_shared<message>(m);
    codec::encode(out, std::span(&one, 1));
    return out;
  };
  const auto is_read = [](const std::string& value) {
    codec::message_reader in(value, 7);
    codec::stored_message m;
    return in.next(m) == codec::message_reader::outcome::some &&
           in.next(m) == codec::message_reader::outcome::end;
  };
  CHECK(is_read(encoded(changed)));
  changed.changed_by = 7;  // before itself
  CHECK_FALSE(is_read(encoded(changed)));
  CHECK(is_read(encoded(change_of(message_kind::edit, 7, 6, "x"))));
  CHECK_FALSE(is_read(encoded(change_of(message_kind::edit, 7, 7, "x"))));
  CHECK_FALSE(is_read(encoded(change_of(message_kind::deletion, 7, 0))));
  auto plain = encoded(text_message(7));
  CHECK(is_read(plain));
  plain[0] = 3;  // the layout of changes, with none
  plain.insert(2, 1, '\0');
  CHECK_FALSE(is_read(plain));
}

}  // namespace chat::test
