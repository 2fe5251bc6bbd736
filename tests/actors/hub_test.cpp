// The directory of rooms: listing, creating, and what survives.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// "a b c +" as one page of ids; "+" when there is a next page.
std::string rooms_page(test_node& node, const std::string& input) {
  const auto json = node.call("chat-rooms", input);
  std::string out;
  for (int i = 0;; ++i) {
    const auto id = text_at(json, "/data/rooms/" + std::to_string(i) + "/id");
    if (id == "absent") break;
    out += id + ' ';
  }
  return out + (at(json, "/data/nextCursor") == "absent" ? "of " : "+ of ") +
         at(json, "/data/total");
}

node_options five_rooms() {
  return {.rooms = {{"a1", "Apple", "", 9, 0},
                    {"a2", "Banana", "", 9, 0},
                    {"b1", "Cherry", "", 9, 0},
                    {"b2", "Apple pie", "", 9, 0},
                    {"c", "Date", "", 9, 0}}};
}

}  // namespace

TEST_CASE("rooms are listed by id, with who is in them", "[actors]") {
  test_node node(
      {.rooms = {{"tiny", "Tiny", "Just one", 1, 0}, {"general", "General", "", 100, 0}}});
  node.join("tiny", "Ada");
  CHECK(at(node.call("chat-rooms"), "/data") ==
        R"({"rooms":[{"id":"general","name":"General","participants":0,"maxParticipants":100,)"
        R"("available":true},{"id":"tiny","name":"Tiny","description":"Just one","participants":1,)"
        R"("maxParticipants":1,"available":false}],"total":2})");
}

TEST_CASE("a list of rooms is read page by page", "[actors]") {
  test_node node(five_rooms());
  CHECK(rooms_page(node, "{}") == "a1 a2 b1 b2 c of 5");
  CHECK(rooms_page(node, R"({"limit":2})") == "a1 a2 + of 5");
  CHECK(rooms_page(node, R"({"limit":2,"cursor":"a2"})") == "b1 b2 + of 5");
  CHECK(rooms_page(node, R"({"limit":2,"cursor":"b2"})") == "c of 5");
  CHECK(rooms_page(node, R"({"limit":5})") == "a1 a2 b1 b2 c of 5");
  CHECK(rooms_page(node, R"({"cursor":"c"})") == "of 5");
  CHECK(rooms_page(node, R"({"cursor":"b"})") == "b1 b2 c of 5");
  CHECK(text_at(node.call("chat-rooms", R"({"limit":2})"), "/data/nextCursor") == "a2");
  for (const auto* bad : {R"({"cursor":"no cursor"})", R"({"cursor":""})"})
    CHECK(node.outcome("chat-rooms", bad) == "VALIDATION_ERROR");
}

TEST_CASE("a search finds ids and names, and counts them all", "[actors]") {
  test_node node(five_rooms());
  CHECK(rooms_page(node, R"({"search":"b"})") == "a2 b1 b2 of 3");
  CHECK(rooms_page(node, R"({"search":"APPLE"})") == "a1 b2 of 2");
  CHECK(rooms_page(node, R"({"search":"Apple"})") == "a1 b2 of 2");
  CHECK(rooms_page(node, R"({"search":"Apple","limit":1})") == "a1 + of 2");
  CHECK(rooms_page(node, R"({"search":"Apple","limit":1,"cursor":"a1"})") == "b2 of 2");
  CHECK(rooms_page(node, R"({"search":"nothing"})") == "of 0");
  CHECK(rooms_page(node, R"({"search":""})") == "a1 a2 b1 b2 c of 5");
}

TEST_CASE("a room that is created is there for everybody", "[actors]") {
  test_node node;
  const auto created = node.call(
      "chat-room-create",
      R"({"roomId":"team","name":"Team \"A\"","description":"Ours","maxParticipants":2})");
  CHECK(at(created, "/data") ==
        R"({"id":"team","name":"Team \"A\"","description":"Ours","participants":0,)"
        R"("maxParticipants":2,"available":true})");
  CHECK(rooms_page(node, "{}") == "general team tiny of 3");
  auto ada = node.join("team", "Ada");
  node.post(ada, "hello");
  node.run();
  CHECK(node.history("team") == "Ada: hello");
}

TEST_CASE("a room without a name is called by its id and takes a hundred", "[actors]") {
  test_node node;
  CHECK(at(node.call("chat-room-create", R"({"roomId":"team"})"), "/data") ==
        R"({"id":"team","name":"team","participants":0,"maxParticipants":100,"available":true})");
}

TEST_CASE("a room is created once", "[actors]") {
  test_node node;
  CHECK(node.outcome("chat-room-create", R"({"roomId":"general"})") == "ALREADY_EXISTS");
  CHECK(node.outcome("chat-room-create", R"({"roomId":"team","name":"first"})") == "OK");
  CHECK(node.outcome("chat-room-create", R"({"roomId":"team","name":"second"})") ==
        "ALREADY_EXISTS");
  CHECK(text_at(node.call("chat-rooms", R"({"search":"team"})"), "/data/rooms/0/name") == "first");
  CHECK(node.outcome("chat-room-create", R"({"roomId":"Team"})") == "OK");  // another id
}

TEST_CASE("of those who create one room at once, one succeeds", "[actors]") {
  test_node node;
  const auto first = node.start("chat-room-create", R"({"roomId":"team","name":"first"})");
  const auto second = node.start("chat-room-create", R"({"roomId":"team","name":"second"})");
  node.run();
  CHECK(at(first->json, "/success") == "true");
  CHECK(text_at(second->json, "/error/code") == "ALREADY_EXISTS");
  CHECK(node.db->rooms()->at(0).name == "first");
}

TEST_CASE("a room is not there before it is stored", "[actors]") {
  test_node node;
  const auto creating = node.start("chat-room-create", R"({"roomId":"team"})");
  node.run_one();  // the command actor asks the hub
  node.run_one();  // the hub asks the storage
  CHECK(creating->answers == 0);
  CHECK(node.ask<room_list>(node.hub, list_rooms{local_user(), "team", "", 10}).total == 0);
  CHECK(creating->answers == 1);
}

TEST_CASE("others have their turn while many rooms are listed", "[actors]") {
  node_options options;
  for (std::size_t i = 0; i < 2 * limits::survey_slice; ++i)
    options.rooms.push_back({"room-" + std::to_string(i), "Équipe", "", 100, 0});
  const auto count = options.rooms.size();
  test_node node(std::move(options));
  for (const auto* command : {"chat-rooms", "chat-search"}) {
    node.hold_posts();  // the hub looks at a slice, and will go on
    const auto listing = node.start(command, R"({"query":"hello"})");
    node.run();
    CHECK(node.outcome("chat-poll", R"({"roomId":"general"})") == "OK");
    CHECK(listing->answers == 0);
    node.run_posts();
    CHECK(listing->answers == 1);
    CHECK(at(listing->json, "/success") == "true");
  }
  CHECK(at(node.call("chat-rooms"), "/data/total") == std::to_string(count));
  const auto page = node.call("chat-rooms", R"({"cursor":"room-1","limit":1})");
  CHECK(text_at(page, "/data/rooms/0/id") == "room-10");
  CHECK(text_at(page, "/data/nextCursor") == "room-10");
}

TEST_CASE("a room outlives the node, with its messages", "[actors]") {
  temporary_directory data;
  {
    test_node node({.data = data.path()});
    node.call("chat-room-create",
              R"({"roomId":"team","name":"Team","description":"Ours","maxParticipants":7})");
    node.call("chat-send", R"({"roomId":"team","text":"hello"})");
  }
  test_node node({.data = data.path()});
  CHECK(at(node.call("chat-rooms", R"({"search":"team"})"), "/data/rooms/0") ==
        R"({"id":"team","name":"Team","description":"Ours","participants":0,"maxParticipants":7,)"
        R"("available":true})");
  CHECK(node.history("team") == "Agent: hello");
}

TEST_CASE("rooms live on demand", "[actors]") {
  test_node node(five_rooms());
  CHECK(at(node.call("node-status"), "/data/rooms") == R"({"total":5,"active":0})");
  node.call("chat-poll", R"({"roomId":"a1"})");
  node.call("chat-poll", R"({"roomId":"nowhere"})");
  CHECK(at(node.call("node-status"), "/data/rooms") == R"({"total":5,"active":1})");
}

TEST_CASE("a full room opens no more sessions, until there is a place", "[actors]") {
  test_node node;
  auto ada = node.join("tiny", "Ada");
  const auto refused = node.call("chat-connect", R"({"roomId":"tiny"})");
  CHECK(masked(at(refused, "/error")) ==
        R"({"code":"ROOM_FULL","message":"Room is at capacity",)"
        R"("suggestion":"Try again later or join a different room","retryable":true})");
  node.lose(ada);
  CHECK(node.outcome("chat-connect", R"({"roomId":"tiny"})") == "OK");
}

TEST_CASE("a node that is stopping opens no sessions and still answers", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  caf::anon_send(node.hub, drain{});
  const auto refused = node.call("chat-connect", R"({"roomId":"general"})");
  CHECK(text_at(refused, "/error/code") == "OVERLOADED");
  CHECK(at(refused, "/error/retryable") == "true");
  CHECK(node.outcome("chat-connect", R"({"roomId":"nowhere"})") == "ROOM_NOT_FOUND");
  node.post(ada, "last words");
  node.run();
  CHECK(node.history("general") == "Ada: last words");
}
