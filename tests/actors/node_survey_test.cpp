// node-rooms and node-sessions: what the operator sees of a node that may have very many.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

/// One field of every item of a list: "a b c".
std::string column(const std::string& json, const std::string& list, const std::string& field) {
  std::string out;
  for (int i = 0;; ++i) {
    const auto item = "/data/" + list + "/" + std::to_string(i);
    if (at(json, item) == "absent") return out;
    out += (i == 0 ? "" : " ") + text_at(json, item + "/" + field);
  }
}

std::string rooms_by(test_node& node, const std::string& sort) {
  return column(node.call("node-rooms", R"({"sort":")" + sort + R"("})"), "rooms", "id");
}

std::string nicknames(test_node& node, const std::string& input) {
  return column(node.call("node-sessions", input), "sessions", "nickname");
}

/// All pages of a list, by one field.
std::vector<std::string> pages(test_node& node, const std::string& command, const std::string& list,
                               const std::string& field, const std::string& input) {
  std::vector<std::string> all;
  std::string cursor;
  while (true) {
    const auto json = node.call(command, '{' + input + cursor + '}');
    all.push_back(column(json, list, field));
    if (at(json, "/data/nextCursor") == "absent") return all;
    REQUIRE(all.size() < 100);
    cursor = R"(,"cursor":")" + text_at(json, "/data/nextCursor") + '"';
  }
}

const std::vector<room_definition> three_rooms = {
    {"full", "Full", "", 100, 0}, {"loud", "Loud", "", 100, 0}, {"quiet", "Quiet", "", 100, 0}};

}  // namespace

TEST_CASE("node-rooms has the rooms with most to do first", "[actors]") {
  test_node node({.rooms = three_rooms});
  std::vector<fake_outbox_ptr> members;
  for (int i = 0; i < 5; ++i) members.push_back(node.join("full", "F" + std::to_string(i)));
  const auto ada = node.join("loud", "Ada");
  node.post(members.front(), "one");
  for (int i = 0; i < 3; ++i) node.post(ada, "hi");
  node.run();
  CHECK(rooms_by(node, "members") == "full loud quiet");
  CHECK(rooms_by(node, "messages") == "loud full quiet");
  CHECK(rooms_by(node, "rate") == "loud full quiet");
  CHECK(rooms_by(node, "deliveries") == "full loud quiet");  // 5 copies of 1, 1 copy of 3
  const auto json = node.call("node-rooms");
  CHECK(column(json, "rooms", "id") == "full loud quiet");
  CHECK(at(json, "/data/total") == "3");
  CHECK(at(json, "/data/rooms/1") ==
        R"({"id":"loud","name":"Loud","visibility":"public","active":true,"participants":1,)"
        R"("maxParticipants":100,"messages":3,"messagesPerSecond":0.3,)"
        R"("deliveriesPerSecond":0.3})");
  CHECK(at(json, "/data/rooms/2/active") == "false");
}

TEST_CASE("a room's rate is that of the last seconds", "[actors]") {
  test_node node({.rooms = three_rooms});
  const auto ada = node.join("loud", "Ada");
  const auto rate = [&] {
    return std::stod(
        at(node.call("node-rooms", R"({"sort":"messages"})"), "/data/rooms/0/messagesPerSecond"));
  };
  for (int second = 0; second < 30; ++second) {
    for (int i = 0; i < 4; ++i) node.post(ada, "hi");
    node.run();
    node.advance(1s);
  }
  CHECK(rate() == Approx(4).epsilon(0.15));
  node.advance(21s);
  CHECK(rate() == 0);
  CHECK(at(node.call("node-rooms", R"({"sort":"messages"})"), "/data/rooms/0/messages") == "120");
}

TEST_CASE("node-rooms pages through more rooms than the hub looks at in one turn", "[actors]") {
  std::vector<room_definition> many;
  for (std::size_t i = 0; i < 2 * limits::survey_slice + 5; ++i)
    many.push_back({"room-" + std::to_string(10'000 + i), "Room", "", 100, 0});
  test_node node({.rooms = many});
  const auto last = many.back().id;
  const auto ada = node.join(last, "Ada");
  const auto json = node.call("node-rooms", R"({"sort":"members","limit":2})");
  CHECK(at(json, "/data/total") == std::to_string(many.size()));
  CHECK(column(json, "rooms", "id") == last + " room-10000");
  const auto all = pages(node, "node-rooms", "rooms", "id", R"("sort":"members","limit":100)");
  REQUIRE(all.size() == many.size() / 100 + 1);
  CHECK(all.front().starts_with(last + " room-10000 room-10001 "));
  CHECK(all.back() == "room-11999 room-12000 room-12001 room-12002 room-12003");
}

TEST_CASE("a cursor is good for the list that it came with", "[actors]") {
  test_node node({.rooms = three_rooms});
  for (const auto name : {"Ada", "Bob"}) node.open("loud", name);
  const auto cursor = [&](const std::string& command) {
    return text_at(node.call(command, R"({"limit":1})"), "/data/nextCursor");
  };
  const auto rooms = cursor("node-rooms");
  const auto sessions = cursor("node-sessions");
  const auto with = [](const std::string& it, const std::string& more = "") {
    return R"({"cursor":")" + it + '"' + more + '}';
  };
  CHECK(node.outcome("node-rooms", with(rooms)) == "OK");
  CHECK(node.outcome("node-rooms", with(rooms, R"(,"sort":"rate")")) == "VALIDATION_ERROR");
  CHECK(node.outcome("node-rooms", with(sessions)) == "VALIDATION_ERROR");
  CHECK(node.outcome("node-sessions", with(sessions)) == "OK");
  CHECK(node.outcome("node-sessions", with(sessions, R"(,"query":"a")")) == "VALIDATION_ERROR");
  CHECK(node.outcome("node-sessions", with(sessions, R"(,"state":"closed")")) ==
        "VALIDATION_ERROR");
  CHECK(node.outcome("node-sessions", with("x")) == "VALIDATION_ERROR");
}

TEST_CASE("node-sessions finds people by name, user, room, session and state", "[actors]") {
  test_node node({.rooms = three_rooms});
  const auto ada = node.join("loud", "Ada");
  const auto bob = node.open("quiet", "Bob", user("bob@example.org"));
  const auto eve = node.join("quiet", "Eve");
  node.lose(eve);
  CHECK(nicknames(node, "{}") == "Eve Bob Ada");
  CHECK(nicknames(node, R"({"query":"ADA"})") == "Ada");
  CHECK(nicknames(node, R"({"query":"@example"})") == "Bob");
  CHECK(nicknames(node, R"({"query":"quiet"})") == "Eve Bob");
  CHECK(nicknames(node, R"({"query":")" + bob.session_id.substr(0, 20) + R"("})") == "Bob");
  CHECK(nicknames(node, R"({"query":")" + bob.session_id.substr(6) + R"("})").empty());
  CHECK(nicknames(node, R"({"state":"connected"})") == "Ada");
  CHECK(nicknames(node, R"({"state":"pending"})") == "Bob");
  CHECK(nicknames(node, R"({"state":"disconnected","query":"e"})") == "Eve");
  CHECK(nicknames(node, R"({"state":"expired"})").empty());
  const auto json = node.call("node-sessions", R"({"query":"bob"})");
  CHECK(keys(json, "/data/sessions/0") ==
        "sessionId userId nickname kind roomId state transport createdAt since reconnects "
        "messagesSent messagesReceived");
  CHECK(text_at(json, "/data/sessions/0/userId") == "bob@example.org");
  CHECK(text_at(json, "/data/sessions/0/sessionId") == bob.session_id);
  node.call("chat-revoke", R"({"sessionId":")" + bob.session_id + R"("})");
  CHECK(nicknames(node, R"({"state":"closed"})") == "Bob");
}

TEST_CASE("a session says since when it is in its state", "[actors]") {
  test_node node({.rooms = three_rooms});
  const auto since = [&] { return text_at(node.call("node-sessions"), "/data/sessions/0/since"); };
  const auto opened = node.open("loud", "Ada");
  const auto created = since();
  node.advance(10s);
  const auto ada = node.present(opened.token, "loud");
  const auto connected = since();
  CHECK(connected > created);
  node.advance(10s);
  CHECK(since() == connected);
  node.lose(ada);
  CHECK(since() > connected);
  CHECK(text_at(node.call("node-sessions"), "/data/sessions/0/createdAt") == created);
}

TEST_CASE("node-sessions looks through more sessions than the hub does in one turn", "[actors]") {
  test_node node({.rooms = three_rooms});
  const auto first = node.open("loud", "First");
  const auto count = limits::survey_slice + 2;
  for (std::size_t i = 1; i < count; ++i) node.open("quiet", "N" + std::to_string(i));
  CHECK(nicknames(node, R"({"query":"first"})") == "First");
  const auto all = pages(node, "node-sessions", "sessions", "nickname", R"("limit":100)");
  REQUIRE(all.size() == count / 100 + 1);
  CHECK(all.front().starts_with("N1001 N1000 N999 "));
  CHECK(all.back() == "N1 First");
}

TEST_CASE("sessions of a node that was started again are listed before anybody asks", "[actors]") {
  temporary_directory directory;
  std::string session_id;
  {
    test_node node({.rooms = three_rooms, .data = directory.path()});
    session_id = node.open("loud", "Ada").session_id;
    node.join("loud", "Bob");
  }
  test_node node({.rooms = three_rooms, .data = directory.path()});
  CHECK(nicknames(node, "{}") == "Bob Ada");
  CHECK(nicknames(node, R"({"state":"disconnected"})") == "Bob");
  CHECK(text_at(node.call("node-sessions", R"({"query":"ada"})"), "/data/sessions/0/sessionId") ==
        session_id);
}

TEST_CASE("rooms and sessions are counted for whoever may not ask the hub", "[actors]") {
  test_node node({.rooms = three_rooms});
  auto& counters = node.counters;
  CHECK(read(counters.rooms) == 3);
  CHECK(read(counters.rooms_active) == 0);
  const auto ada = node.join("loud", "Ada");
  node.open("loud", "Bob");
  node.advance(1s);
  const auto in = [&](session_state state) {
    return read(counters.sessions[static_cast<std::size_t>(state)]);
  };
  CHECK(read(counters.rooms_active) == 1);
  CHECK(in(session_state::connected) == 1);
  CHECK(in(session_state::pending) == 1);
  node.call("chat-room-delete", R"({"roomId":"loud"})");
  node.advance(1s);
  CHECK(read(counters.rooms) == 2);
  CHECK(read(counters.rooms_active) == 0);
  CHECK(in(session_state::connected) == 0);
  CHECK(in(session_state::closed) == 2);
  node.advance(limits::ended_retention);
  node.advance(1s);
  CHECK(in(session_state::closed) == 0);
}
