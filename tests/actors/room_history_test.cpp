// What a room keeps in memory, and what it asks the storage actor for. The storage actor here is
// the test itself.

#include <catch2/catch.hpp>

#include "actors/room.hpp"
#include "model/ids.hpp"
#include "tests/actors/test_system.hpp"

using namespace chat;
using namespace chat::test;

namespace {

message_ptr stored(sequence seq, std::size_t text_bytes = 5) {
  auto m = std::make_shared<message>();
  m->seq = seq;
  m->sender = "Ada";
  m->text = std::string(text_bytes, 'x');
  return m;
}

/// A room whose storage commits at once, or when told to, and counts what it is asked for.
struct room_alone : test_system {
  explicit room_alone(history_page tail = {}) {
    storage = system.spawn([this, tail](caf::event_based_actor* self) -> caf::behavior {
      return {
          [this, self, tail](const load_tail&) {
            self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                       tail_loaded{history_page(tail)});
          },
          [this, self](const writes& a) {
            batches.push_back(a.batches.at(0).messages->size());
            if (commits_at_once)
              self->send(a.batches.at(0).room, receipt{});
            else
              waiting = a.batches.at(0).room;
          },
          [this](const load_page&) -> page_reply {
            ++loads;
            return history_page{};
          },
          [](const load_first&) -> first_reply { return sequence{1}; },
      };
    });
    lane_.storage = storage;
    gauge = std::make_shared<room_gauge>();
    room = system.spawn(make_room, room_definition{"general", "General", "", 100, 0}, &context,
                        storage, gauge);
    scheduler.run();
  }
  ~room_alone() override {
    lane_.storage = nullptr;
    caf::anon_send_exit(room, caf::exit_reason::user_shutdown);
    scheduler.run();
  }

  submit_reply say(std::string text = "hello") { return ask<submit_reply>(room, posted(text)); }
  void say_later(std::string text = "hello") { caf::anon_send(room, posted(std::move(text))); }
  /// The messages after `since`: "1 2 3", with "..." when more follow; "begins at 1" for what is no
  /// position; "from 1:" before them where it does not know that one; "loaded" when the storage
  /// actor was asked.
  std::string read(sequence since, std::size_t limit = 3) {
    const int before = loads;
    const auto page = ask<page_reply>(room, read_history{since, limit});
    if (loads > before) return "loaded";
    if (!page) return std::string(to_string(page.error().code));
    if (page->oldest_instead) return "begins at " + std::to_string(*page->oldest_instead);
    std::string out;
    if (page->restart_at) out = "from " + std::to_string(*page->restart_at) + ':';
    for (const auto& m : page->messages) out += (out.empty() ? "" : " ") + std::to_string(m->seq);
    return page->has_more ? out + " ..." : out;
  }

  std::vector<std::size_t> batches;
  int loads = 0;
  bool commits_at_once = true;
  caf::actor waiting;
  caf::actor storage;
  caf::actor room;
  std::shared_ptr<room_gauge> gauge;

 private:
  static submit posted(std::string text) {
    auto m = std::make_shared<message>();
    m->sender = "Agent";
    m->author = "user:local";
    m->text = std::move(text);
    return {std::move(m), nullptr};
  }
};

}  // namespace

TEST_CASE("one batch of a room is with the storage at a time", "[actors]") {
  room_alone alone;
  alone.commits_at_once = false;
  for (int i = 0; i < 4; ++i) alone.say_later();
  alone.run_within_turn();
  CHECK(alone.batches.empty());
  alone.run();
  CHECK(alone.batches == std::vector<std::size_t>{4});
  for (int i = 0; i < 6; ++i) alone.say_later();
  alone.run();
  CHECK(alone.batches == std::vector<std::size_t>{4});
  caf::anon_send(alone.waiting, receipt{});
  alone.run();
  CHECK(alone.batches == std::vector<std::size_t>{4, 6});
  CHECK(alone.gauge->published == 4);
  caf::anon_send(alone.waiting, receipt{});
  alone.run();
  CHECK(alone.batches == std::vector<std::size_t>{4, 6});
  CHECK(alone.gauge->published == 10);
}

TEST_CASE("messages wait until the room has its tail", "[actors]") {
  room_alone alone;  // its own answers at once; this one has a storage that does not
  caf::actor asked;
  auto slow = alone.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&asked, self](const load_tail&) {
              asked = caf::actor_cast<caf::actor>(self->current_sender());
            },
            [self](const writes& a) { self->send(a.batches.at(0).room, receipt{}); }};
  });
  auto room = alone.system.spawn(make_room, room_definition{"general", "", "", 9, 0},
                                 &alone.context, slow, std::make_shared<room_gauge>());
  caf::scoped_actor self{alone.system};
  auto m = std::make_shared<message>();
  m->text = "early";
  auto answer = self->request(room, caf::infinite, submit{m, nullptr});
  alone.run();
  CHECK(m->seq == 0);
  caf::anon_send(asked, tail_loaded{history_page{{stored(7)}, false}});
  alone.run();
  answer.receive([](submit_reply& reply) { CHECK(reply->seq == 8); },
                 [](const caf::error&) { FAIL("no answer"); });
  caf::anon_send_exit(room, caf::exit_reason::user_shutdown);
  asked = nullptr;
}

TEST_CASE("a room's recent messages are read without the storage", "[actors]") {
  room_alone alone;
  for (int i = 0; i < 5; ++i) alone.say();
  CHECK(alone.read(0, 3) == "1 2 3 ...");
  CHECK(alone.read(0, 5) == "1 2 3 4 5");
  CHECK(alone.read(3, 1) == "4 ...");
  CHECK(alone.read(4, 1) == "5");
  CHECK(alone.read(5) == "");
  CHECK(alone.loads == 0);
}

TEST_CASE("from a position that it does not know a room goes back", "[actors]") {
  room_alone alone;
  CHECK(alone.read(no_message) == "begins at 1");
  CHECK(alone.read(1) == "from 0:");
  alone.say();
  CHECK(alone.read(1) == "");
  CHECK(alone.read(2) == "from 1:");
}

TEST_CASE("a message that is under way is a position", "[actors]") {
  room_alone alone;
  alone.commits_at_once = false;
  alone.say_later();
  alone.run();
  CHECK(alone.read(1) == "");  // a search may have found it already
  CHECK(alone.read(2) == "from 0:");
  caf::anon_send(alone.waiting, receipt{});
  alone.run();
  CHECK(alone.read(1) == "");
}

TEST_CASE("a room keeps its newest thousand messages", "[actors]") {
  room_alone alone;
  for (int i = 0; i < 1'005; ++i) alone.say_later();
  alone.run();
  CHECK(alone.gauge->published == 1'005);
  CHECK(alone.read(4) == "loaded");
  CHECK(alone.read(5) == "6 7 8 ...");
  CHECK(alone.read(0) == "loaded");
}

TEST_CASE("a room keeps at most 256 KiB of messages", "[actors]") {
  room_alone alone;
  const std::string text(6'000, 'x');
  for (int i = 0; i < 100; ++i) alone.say_later(text);
  alone.run();
  message one;
  one.sender = "Agent";
  one.author = "user:local";
  one.text = text;
  const auto held = limits::room_tail_bytes_max / one.bytes();
  CHECK(alone.read(100 - held - 1) == "loaded");
  CHECK(alone.read(100 - held, 1) == std::to_string(100 - held + 1) + " ...");
}

TEST_CASE("an idle room gives back its tail and goes on", "[actors]") {
  room_alone alone;
  alone.say();
  alone.say();
  alone.advance(limits::room_idle_timeout);
  CHECK(alone.read(0) == "1 2");  // touched within the time: kept, and touched again
  alone.advance(limits::room_idle_timeout);
  CHECK(alone.read(1) == "2");
  alone.advance(2 * limits::room_idle_timeout);
  alone.advance(limits::room_idle_timeout);
  CHECK(alone.read(0) == "loaded");
  CHECK(alone.read(1) == "loaded");
  CHECK(alone.read(2) == "");  // nothing newer: no need to ask
  alone.say();
  CHECK(alone.read(2) == "3");
  CHECK(alone.read(1) == "loaded");
}

TEST_CASE("a room that starts with a cut tail asks for what is before it", "[actors]") {
  room_alone alone(history_page{{stored(10), stored(12), stored(13)}, true});
  CHECK(alone.read(0) == "loaded");
  CHECK(alone.read(8) == "loaded");
  CHECK(alone.read(9) == "loaded");  // whether it has that one
  CHECK(alone.read(10) == "12 13");
  CHECK(alone.read(11) == "from 10: 12 13");
  CHECK(alone.say()->seq == 14);
}

TEST_CASE("a room that starts with all it has needs no storage to read", "[actors]") {
  room_alone alone(history_page{{stored(1), stored(3)}, false});
  CHECK(alone.read(0) == "1 3");
  CHECK(alone.loads == 0);
}

TEST_CASE("a refused batch leaves a hole and everything behind it goes on", "[actors]") {
  room_alone alone;
  alone.say();
  alone.commits_at_once = false;
  alone.say_later();
  alone.run();
  alone.say_later();
  alone.run();
  alone.commits_at_once = true;
  caf::anon_send(alone.waiting,
                 receipt{make_failure(errc::storage_unavailable, "no")});  // number 2
  alone.run();
  CHECK(alone.read(0) == "1 3");
  CHECK(alone.gauge->published == 2);
}
