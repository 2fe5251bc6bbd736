// Private rooms: who is no member does not learn that they are there, by any command.

#include <algorithm>
#include <catch2/catch.hpp>

#include "actors/command_table.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

const auto ada = user("ada");
const auto eve = user("eve");
const auto root = user("root", "", scope::admin);

/// A node with the room `den`, of ada's and bob's.
struct den_node : test_node {
  den_node() {
    REQUIRE(outcome("chat-room-create",
                    R"({"roomId":"den","visibility":"private","members":["ada","bob"]})",
                    root) == "OK");
  }
};

/// What the caller is told about a room, without what differs from call to call.
std::string error_of(test_node& node, const std::string& command, const std::string& room,
                     const caller& who) {
  // What any of them wants; what it does not know it leaves out.
  const auto json = node.call(command,
                              R"({"roomId":")" + room +
                                  R"(","text":"x","messageId":"m0000000000000001","query":"x",)"
                                  R"("webhookUrl":"https://example.com/hook"})",
                              who);
  auto message = text_at(json, "/error/message") + ' ' + text_at(json, "/error/code");
  const auto at = message.find(room);
  if (at != std::string::npos) message.replace(at, room.size(), "ROOM");
  return message + ' ' + text_at(json, "/error/suggestion");
}

}  // namespace

TEST_CASE("a private room is as good as none for who is no member", "[actors]") {
  den_node node;
  std::size_t asked = 0;
  for (const auto& row : command_table()) {
    const auto takes = [&](std::string_view name) {
      return std::ranges::find(row.fields, name, &field::name) != row.fields.end();
    };
    if (!takes("roomId") || row.name == "chat-room-create" || row.needs == scope::admin) continue;
    const std::string command(row.name);
    CAPTURE(command);
    ++asked;
    CHECK(error_of(node, command, "den", eve) == error_of(node, command, "nowhere", eve));
    if (row.name == "chat-webhook-list") continue;  // it has none of such a room, as of no room
    CHECK(error_of(node, command, "den", eve).find("ROOM_NOT_FOUND") != std::string::npos);
  }
  CHECK(asked >= 9);
  const auto rooms = [&](const caller& who) {
    return at(node.call("chat-rooms", "{}", who), "/data/total");
  };
  CHECK(rooms(eve) == "2");
  CHECK(rooms(ada) == "3");
  CHECK(rooms(root) == "3");
  CHECK(at(node.call("chat-rooms", R"({"search":"den"})", eve), "/data/total") == "0");
}

TEST_CASE("members use a private room as any other", "[actors]") {
  den_node node;
  CHECK(node.outcome("chat-send", R"({"roomId":"den","text":"hello"})", ada) == "OK");
  CHECK(at(node.call("chat-poll", R"({"roomId":"den"})", user("bob")), "/data/messages/0/text") ==
        R"("hello")");
  const auto opened = node.open("den", "Ada", ada);
  CHECK(node.present(opened.token, "den")->closed == 0);
  CHECK(text_at(node.call("chat-rooms", R"({"search":"den"})", ada), "/data/rooms/0/visibility") ==
        "private");
  // Who else is a member is the admins' to know.
  CHECK(at(node.call("chat-rooms", R"({"search":"den"})", ada), "/data/rooms/0/members") ==
        "absent");
}

TEST_CASE("whoever creates a private room is a member", "[actors]") {
  test_node node;
  const auto made =
      node.call("chat-room-create", R"({"roomId":"my","visibility":"private"})", root);
  CHECK(at(made, "/data/members") == R"(["root"])");
  CHECK(node.outcome("chat-poll", R"({"roomId":"my"})", eve) == "ROOM_NOT_FOUND");
}

TEST_CASE("a member who is one no more is out of the room at once", "[actors]") {
  den_node node;
  const auto opened = node.open("den", "Ada", ada);
  const auto pending = node.open("den", "Ada", ada);
  auto out = node.present(opened.token, "den");
  auto bob = node.present(node.open("den", "Bob", user("bob")).token, "den");
  CHECK(node.outcome("chat-room-update", R"({"roomId":"den","members":["bob"]})", root) == "OK");
  CHECK(out->closed == 4006);
  CHECK(out->closed_why == "You may not be in this room any more");
  CHECK(bob->closed == 0);
  CHECK(bob->of_type("user_left").size() == 1);
  CHECK(node.present(pending.token, "den")->closed == 4006);
  CHECK(node.outcome("chat-reconnect", R"({"sessionId":")" + opened.session_id + "\"}", ada) ==
        "SESSION_CLOSED");
  CHECK(node.outcome("chat-poll", R"({"roomId":"den"})", ada) == "ROOM_NOT_FOUND");
}

TEST_CASE("a public room can become a private one, and back", "[actors]") {
  test_node node;
  auto out = node.present(node.open("general", "Eve", eve).token, "general");
  auto in = node.present(node.open("general", "Ada", ada).token, "general");
  CHECK(node.outcome("chat-room-update",
                     R"({"roomId":"general","visibility":"private","members":["ada"]})",
                     root) == "OK");
  CHECK(out->closed == 4006);
  CHECK(in->closed == 0);
  CHECK(node.outcome("chat-poll", R"({"roomId":"general"})", eve) == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-room-update", R"({"roomId":"general","visibility":"public"})", root) ==
        "OK");
  CHECK(node.outcome("chat-poll", R"({"roomId":"general"})", eve) == "OK");
}

TEST_CASE("who may see a room outlives the node", "[actors]") {
  temporary_directory store;
  {
    test_node node({.data = store.path()});
    node.call("chat-room-create", R"({"roomId":"den","visibility":"private","members":["ada"]})",
              root);
  }
  test_node node({.data = store.path()});
  CHECK(node.outcome("chat-poll", R"({"roomId":"den"})", eve) == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-poll", R"({"roomId":"den"})", ada) == "OK");
}
