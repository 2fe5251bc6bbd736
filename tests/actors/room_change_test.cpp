// Rooms that are changed and deleted while people are in them.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"
#include "tests/files_with.hpp"

using namespace chat;
using namespace chat::test;

TEST_CASE("a room shows what it was changed to, and keeps the rest", "[actors]") {
  temporary_directory store;
  {
    test_node node({.data = store.path()});
    node.call("chat-room-create", R"({"roomId":"team","name":"Team","description":"ours"})");
    const auto changed =
        node.call("chat-room-update", R"({"roomId":"team","name":"Crew","maxParticipants":1})");
    CHECK(at(changed, "/data") ==
          R"({"id":"team","name":"Crew","description":"ours","participants":0,)"
          R"("maxParticipants":1,"available":true})");
    node.join("team", "Ada");
    CHECK(node.outcome("chat-connect", R"({"roomId":"team"})") == "ROOM_FULL");
    node.call("chat-room-update", R"({"roomId":"team","maxParticipants":2})");
    CHECK(node.join("team", "Bob")->closed == 0);
  }
  test_node node({.data = store.path()});
  const auto rooms = node.call("chat-rooms", R"({"search":"team"})");
  CHECK(text_at(rooms, "/data/rooms/0/name") == "Crew");
  CHECK(at(rooms, "/data/rooms/0/maxParticipants") == "2");
}

TEST_CASE("members of a room that is for all are without effect, and that is said", "[actors]") {
  test_node node;
  const auto warns = [&](const std::string& command, const std::string& more) {
    return text_at(node.call(command, R"({"roomId":"team")" + more + '}'), "/warnings/0/code");
  };
  const std::string members = R"(,"members":["ada"])";
  CHECK(warns("chat-room-create", members) == "MEMBERS_WITHOUT_EFFECT");
  CHECK(warns("chat-room-update", members) == "MEMBERS_WITHOUT_EFFECT");
  CHECK(warns("chat-room-update", members + R"(,"visibility":"private")") == "absent");
  CHECK(warns("chat-room-update", members) == "absent");
}

TEST_CASE("a change of a room that changes nothing says so", "[actors]") {
  test_node node;
  const auto update = [&](const std::string& more) {
    return node.call("chat-room-update", R"({"roomId":"general")" + more + '}');
  };
  CHECK(text_at(update(""), "/reasoning").find("nothing was given") != std::string::npos);
  CHECK(at(update(""), "/undoCommand") == "absent");
  CHECK(text_at(update(R"(,"dryRun":true)"), "/data/would") ==
        "change nothing of room \"general\"");
  CHECK(text_at(update(R"(,"name":"G")"), "/reasoning") == "Room \"G\" changed");
}

TEST_CASE("what is no room cannot be changed", "[actors]") {
  test_node node;
  CHECK(node.outcome("chat-room-update", R"({"roomId":"nowhere","name":"x"})") == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-room-delete", R"({"roomId":"nowhere"})") == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-room-update", R"({"roomId":"general","members":"ada"})") ==
        "VALIDATION_ERROR");
  CHECK(node.outcome("chat-room-update", R"({"roomId":"general","members":["ada",""]})") ==
        "VALIDATION_ERROR");
  CHECK(node.outcome("chat-room-update", R"({"roomId":"general","visibility":"secret"})") ==
        "VALIDATION_ERROR");
}

TEST_CASE("a room that is deleted is gone, with those who were in it", "[actors]") {
  test_node node;
  const auto opened = node.open("general", "Ada");
  const auto pending = node.open("general", "Pat");
  auto out = node.present(opened.token, "general");
  node.post(out, "last words");
  CHECK(node.outcome("chat-room-delete", R"({"roomId":"general"})") == "OK");
  CHECK(out->closed == 4006);
  CHECK(out->closed_why == "The room was deleted");
  CHECK(node.present(pending.token, "general")->closed == 4006);
  CHECK(node.state_of(opened.session_id) == "closed");
  for (const auto* command : {"chat-connect", "chat-poll", "chat-send", "chat-room-delete"})
    CHECK(node.outcome(command, R"({"roomId":"general","text":"x"})") == "ROOM_NOT_FOUND");
  CHECK(at(node.call("chat-rooms"), "/data/total") == "1");
}

TEST_CASE("a message under way when its room is deleted is stored or refused", "[actors]") {
  test_node node;
  auto out = node.join("general", "Ada");
  node.post(out, "one");
  node.run_within_turn();  // it has its number, and waits for the end of the turn
  const auto deleted = node.start("chat-room-delete", R"({"roomId":"general"})");
  node.run_within_turn();
  node.post(out, "two");
  node.run_within_turn();
  CHECK(deleted->answers == 0);
  node.run();
  CHECK(deleted->answers == 1);
  CHECK(at(deleted->json, "/success") == "true");
  CHECK(out->of_type("message").size() == 1);
  REQUIRE(out->of_type("error").size() == 1);
  CHECK(text_at(out->of_type("error").at(0), "/code") == "OVERLOADED");  // it might have failed
}

TEST_CASE("a deleted room stays deleted, and a new one of its id has none of its messages",
          "[actors]") {
  temporary_directory store;
  const auto send = R"({"roomId":"team","text":"hello"})";
  {
    test_node node({.data = store.path()});
    node.call("chat-room-create", R"({"roomId":"team"})");
    for (int i = 0; i < 3; ++i) node.call("chat-send", send);
    node.call("chat-room-delete", R"({"roomId":"team"})");
    node.run();
    CHECK(node.db->load_after("team", 0, 10)->messages.empty());
  }
  test_node node({.data = store.path()});
  CHECK(node.outcome("chat-poll", R"({"roomId":"team"})") == "ROOM_NOT_FOUND");
  node.call("chat-room-create", R"({"roomId":"team"})");
  CHECK(node.history("team") == "");
  // No id is given out twice (contract, section 9).
  CHECK(text_at(node.call("chat-send", send), "/data/messageId") > "m0000000000000003");
}

TEST_CASE("the removal of a room goes on after a kill", "[actors]") {
  temporary_directory store;
  {
    test_node node({.data = store.path()});
    node.call("chat-room-create", R"({"roomId":"team"})");
    node.call("chat-send", R"({"roomId":"team","text":"hello"})");
    // As a node leaves it that is killed behind the definition's commit.
    node.db->stage_no_room("team", 1);
    REQUIRE(node.db->commit());
  }
  test_node node({.data = store.path()});
  CHECK(node.db->load_after("team", 0, 10)->messages.empty());
  node.call("chat-room-create", R"({"roomId":"team"})");
  CHECK(node.history("team") == "");
}

TEST_CASE("a room made again has nothing of what an earlier one left", "[actors]") {
  temporary_directory store;
  {
    auto db = chat::store::open(store.path(), durability::process);
    REQUIRE(db);
    for (sequence seq = 1; seq <= 2'500; ++seq) {  // more than goes in one step
      auto m = std::make_shared<message>();
      m->seq = seq;
      m->text = "old";
      REQUIRE((*db)->stage_messages("team", std::vector<message_ptr>{std::move(m)}));
    }
    REQUIRE((*db)->commit());
  }
  test_node node({.data = store.path()});
  CHECK(node.outcome("chat-room-create", R"({"roomId":"team"})") == "OK");
  CHECK(node.history("team") == "");
  CHECK(node.db->load_after("team", 0, 10)->messages.empty());
}

TEST_CASE("a deleted room leaves the files of the store, too", "[actors]") {
  temporary_directory store;
  test_node node({.data = store.path()});
  const auto has = [&](const char* text) { return !files_with(store.path(), text).empty(); };
  node.call("chat-room-create", R"({"roomId":"team","description":"what-for"})");
  node.call("chat-send", R"({"roomId":"team","text":"last-words"})");
  node.call("chat-send", R"({"roomId":"general","text":"not-these"})");
  node.call("chat-room-delete", R"({"roomId":"team"})");
  REQUIRE(has("last-words"));
  node.advance(node.context.erase_after);
  CHECK_FALSE(has("last-words"));
  CHECK_FALSE(has("what-for"));
  CHECK(has("not-these"));
  CHECK_FALSE(node.db->has_erasures());
  // Once and for all: nothing is rewritten again.
  node.advance(node.context.erase_after);
  const auto commits = read(node.counters.commits);
  node.advance(3 * node.context.erase_after);
  CHECK(read(node.counters.commits) == commits);
}

TEST_CASE("a room that cannot be deleted for a full disk goes on", "[actors]") {
  test_node node;
  auto out = node.join("general", "Ada");
  {
    const full_disk full;
    CHECK(node.outcome("chat-room-delete", R"({"roomId":"general"})") == "STORAGE_UNAVAILABLE");
  }
  for (int i = 0; i < 3; ++i) node.advance(std::chrono::seconds(1));
  node.run();
  CHECK(out->closed == 0);
  node.post(out, "still here");
  node.run();
  CHECK(out->of_type("message").size() == 1);
}
