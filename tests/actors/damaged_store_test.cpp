// A store of which a part cannot be read: who asks for that part is told so, nobody else notices.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

namespace fs = std::filesystem;

/// Writes a table of messages, some blocks long, and flips a byte in one of them.
void write_damaged(const fs::path& data, bool newest) {
  {
    auto db = store::open(data, durability::process);
    REQUIRE(db);
    for (const auto* room : {"general", "tiny"})
      for (sequence seq = 1; seq <= 100; ++seq) {
        auto m = std::make_shared<message>();
        m->seq = seq;
        m->text = std::string(1000, 'x');
        const std::vector<message_ptr> one{m};
        (*db)->stage_messages(room, one);
        REQUIRE((*db)->commit());
      }
  }
  for (const auto& file : fs::directory_iterator(data)) {
    if (file.path().extension() != ".sst" || file.file_size() < 2000) continue;
    std::fstream f(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(newest ? 103'000 : 40'000);
    f.put('y');
  }
}

}  // namespace

TEST_CASE("an old page that is damaged is refused to who reads it", "[actors]") {
  const temporary_directory dir;
  write_damaged(dir.path(), false);
  test_node node({.data = dir.path()});
  auto ada = node.join("general", "Ada");
  node.post(ada, "still here");
  node.run();
  CHECK(ada->of_type("message").size() == 1);
  const auto page = node.start("chat-poll", R"({"roomId":"general"})");
  node.run();
  CHECK(text_at(page->json, "/error/code") == "STORAGE_UNAVAILABLE");
  CHECK(page->json.find(dir.path().string()) == std::string::npos);
}

TEST_CASE("a room whose newest message is damaged refuses at once", "[actors]") {
  const temporary_directory dir;
  write_damaged(dir.path(), true);
  test_node node({.data = dir.path()});
  for (const auto* call : {"chat-send", "chat-poll"}) {
    const auto answer = node.start(call, R"({"roomId":"general","text":"hi"})");
    node.run();
    CHECK(text_at(answer->json, "/error/code") == "STORAGE_UNAVAILABLE");
  }
}

TEST_CASE("a room that is damaged can be deleted, and its id is not used again", "[actors]") {
  const temporary_directory dir;
  write_damaged(dir.path(), true);
  const auto operators = user("op", "Op", scope::admin);
  const std::string general = R"({"roomId":"general"})";
  {
    test_node node({.data = dir.path()});
    REQUIRE(node.outcome("chat-poll", general) == "STORAGE_UNAVAILABLE");
    CHECK(node.outcome("chat-room-delete", general, operators) == "OK");
    CHECK(node.outcome("chat-poll", general) == "ROOM_NOT_FOUND");
    CHECK(node.db->floor() >= 100);
    CHECK(node.outcome("chat-room-create", general, operators) == "STORAGE_UNAVAILABLE");
    CHECK(node.outcome("chat-room-create", R"({"roomId":"a"})", operators) == "OK");
  }
  test_node node({.rooms = {}, .data = dir.path()});
  CHECK(node.outcome("chat-poll", general) == "ROOM_NOT_FOUND");
}
