// The storage actor: when it commits, what it does at its end, what it answers.

#include <catch2/catch.hpp>

#include "storage/codec.hpp"
#include "storage/database.hpp"
#include "tests/actors/test_node.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// A room in the storage actor's eyes: it appends, and counts its receipts.
struct appender {
  explicit appender(test_node& n, std::string id) : node(n), room_id(std::move(id)) {
    actor = node.system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](tick) {
                self->send(node.storage, writes{{next(self)}, {}, &node.lane_});
              },
              [this](const receipt& r) { ++(r.why_not ? refused : committed); }};
    });
  }
  ~appender() { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }
  appender(const appender&) = delete;

  void send(std::size_t bytes = 5) {
    text_bytes = bytes;
    caf::anon_send(actor, tick{});
  }

  /// Has the append sent, and nothing more.
  void run_one_send() { node.scheduler.run_once(); }

  test_node& node;
  std::string room_id;
  std::size_t text_bytes = 5;
  sequence seq = 0;
  sequence deletes = 0;  ///< what it sends is the deletion of that
  int committed = 0;
  int refused = 0;
  caf::actor actor;

 private:
  append next(caf::event_based_actor* self) {
    auto m = std::make_shared<message>();
    m->seq = ++seq;
    m->sender = "Ada";
    m->text = std::string(text_bytes, 'x');
    if (deletes > 0) m->kind = message_kind::deletion, m->target = deletes, m->text.clear();
    return {caf::actor(self), room_id,
            std::make_shared<const std::vector<message_ptr>>(1, std::move(m))};
  }
};

std::size_t held(test_node& node, const std::string& room) {
  return node.db->load_after(room, 0, 1'000'000)->messages.size();
}

}  // namespace

TEST_CASE("one commit takes all that is queued", "[actors]") {
  test_node node;
  appender a(node, "a");
  appender b(node, "b");
  a.send();
  a.send();
  b.send();
  node.run();
  CHECK(a.committed == 2);
  CHECK(b.committed == 1);
  CHECK(read(node.counters.commits) == 1);
  b.send();
  node.run();
  CHECK(read(node.counters.commits) == 2);
}

TEST_CASE("a batch that has grown large is committed before the rest of what is queued",
          "[actors]") {
  test_node node;
  appender a(node, "a");
  a.send(limits::batch_bytes_max - 1'000);
  a.run_one_send();
  a.send(2'000);
  a.run_one_send();
  a.send();
  node.run();
  CHECK(a.committed == 3);
  CHECK(read(node.counters.commits) == 2);
}

TEST_CASE("no commit is made of nothing", "[actors]") {
  test_node node;
  node.advance(std::chrono::minutes(10));
  CHECK(read(node.counters.commits) == 0);
}

TEST_CASE("what was taken is committed before the storage ends", "[actors]") {
  test_node node;
  appender a(node, "a");
  a.send();
  a.run_one_send();
  node.run_one();  // the storage takes it, and has yet to commit
  REQUIRE(held(node, "a") == 0);
  caf::anon_send_exit(node.storage, caf::exit_reason::user_shutdown);
  node.run();
  CHECK(held(node, "a") == 1);
  CHECK(a.committed == 1);
}

TEST_CASE("what rooms have gathered is committed when the node stops", "[actors]") {
  temporary_directory data;
  {
    test_node node({.data = data.path()});
    auto ada = node.join("general", "Ada");
    for (int i = 0; i < 3; ++i) node.post(ada, "text " + std::to_string(i));
    node.run();
    node.post(ada, "last");
    node.run_within_turn();
    REQUIRE(ada->of_type("message").size() == 3);
  }
  test_node node({.data = data.path()});
  CHECK(node.history("general") == "Ada: text 0 | Ada: text 1 | Ada: text 2 | Ada: last");
}

TEST_CASE("a room's definition is answered once it is committed", "[actors]") {
  test_node node;
  const auto stored = node.ask<stored_reply>(node.storage, store_room{{"r", "R", "", 5, 0}});
  CHECK(stored.has_value());
  CHECK(node.db->rooms()->size() == 1);
  CHECK(read(node.counters.commits) == 1);
}

TEST_CASE("pages come in order whatever the order of appends of other rooms", "[actors]") {
  test_node node;
  appender a(node, "a");
  appender b(node, "b");
  for (int i = 0; i < 12; ++i) (i % 3 == 0 ? b : a).send();
  node.run();
  const auto page = node.ask<page_reply>(node.storage, load_page{"a", 2, 4});
  REQUIRE(page);
  std::vector<sequence> got;
  for (const auto& m : page->messages) got.push_back(m->seq);
  CHECK(got == std::vector<sequence>{3, 4, 5, 6});
  CHECK(page->has_more);
  CHECK(node.ask<first_reply>(node.storage, load_first{"a"}) == sequence{1});
  CHECK(node.ask<first_reply>(node.storage, load_first{"none"}) == sequence{0});
}

TEST_CASE("what could not be staged does not count as waiting for the next commit", "[actors]") {
  temporary_directory data;
  {
    raw_database raw(data.path());
    std::string key;
    codec::encode_message_key(key, "a", 1);
    raw.put(key, "no message");
    raw.put(codec::schema_key, std::to_string(schema_version));
  }
  test_node node({.data = data.path()});
  appender a(node, "a");
  a.seq = 1;
  a.deletes = 1;
  a.send();
  node.run();
  CHECK(a.refused == 1);
  CHECK(read(node.counters.commits) == 0);
  for (int i = 0; i < 50; ++i) node.call("chat-rooms");  // some time goes by
  a.deletes = 0;
  const auto sent = std::chrono::steady_clock::now();
  a.send();
  node.run();
  CHECK(a.committed == 1);
  const auto waited = std::chrono::steady_clock::now() - sent;
  CHECK(std::chrono::microseconds(read(node.counters.commit_lag_micros)) <= waited);
}
