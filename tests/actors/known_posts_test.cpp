// What a room remembers of clientMessageIds, and how much of it.

#include "actors/known_posts.hpp"

#include <catch2/catch.hpp>

#include "model/limits.hpp"

using namespace chat;

namespace {

message message_of(const std::string& id) {
  message m;
  m.author = "sess-a";
  m.client_id = id;
  m.text = "text of " + id;
  return m;
}

void remember_posts(known_posts& known, std::size_t from, std::size_t to) {
  for (auto i = from; i < to; ++i) known.remember(message_of(std::to_string(i)), i + 1);
}

bool knows(const known_posts& known, std::size_t i) {
  return known.find(message_of(std::to_string(i))) != nullptr;
}

}  // namespace

TEST_CASE("known posts: the newest are remembered", "[actors]") {
  node_counters::counter total{0};
  known_posts known;
  known.count_in(total);
  remember_posts(known, 0, limits::room_client_ids_max + 1);
  CHECK(!knows(known, 0));
  CHECK(knows(known, 1));
  CHECK(read(total) == limits::room_client_ids_max);
  known.forget(message_of("1"));
  known.forget(message_of("1"));
  CHECK(!knows(known, 1));
  CHECK(read(total) == limits::room_client_ids_max - 1);
}

TEST_CASE("known posts: an idle room remembers few", "[actors]") {
  node_counters::counter total{0};
  known_posts known;
  known.count_in(total);
  remember_posts(known, 0, 1'000);
  known.shrink();
  CHECK(read(total) == limits::room_client_ids_min);
  CHECK(knows(known, 999));
  CHECK(!knows(known, 999 - limits::room_client_ids_min));
  remember_posts(known, 1'000, 1'010);
  CHECK(knows(known, 999));
  known.clear();
  CHECK(read(total) == 0);
}

TEST_CASE("known posts: a node with many busy rooms remembers few of each", "[actors]") {
  node_counters::counter total{0};
  known_posts known;
  known.count_in(total);
  remember_posts(known, 0, 1'000);
  add(total, limits::node_client_ids_max);  // by other rooms
  remember_posts(known, 1'000, 1'001);
  CHECK(read(total) == limits::node_client_ids_max + limits::room_client_ids_min);
  CHECK(knows(known, 1'000));
}
