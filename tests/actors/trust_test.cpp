// Who may do what: scopes, sessions of others, revoked ones, tokens bound to an address.

#include <catch2/catch.hpp>

#include "actors/command_table.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

std::string by(const std::string& session_id) { return R"({"sessionId":")" + session_id + "\"}"; }

}  // namespace

TEST_CASE("every command wants its scope, whatever its input", "[actors]") {
  test_node node;
  std::string refused_to_readers, refused_to_writers;
  for (const auto& row : command_table()) {
    const std::string name(row.name);
    const auto code = [&](scope may) { return node.outcome(name, "{}", user("u", "", may)); };
    if (code(scope::read) == "FORBIDDEN") refused_to_readers += name + ' ';
    if (code(scope::write) == "FORBIDDEN") refused_to_writers += name + ' ';
    CHECK(code(scope::admin) != "FORBIDDEN");
  }
  CHECK(refused_to_readers ==
        "chat-connect chat-reconnect chat-refresh-token chat-disconnect chat-send "
        "chat-edit chat-delete chat-room-create chat-room-update chat-room-delete "
        "chat-webhook-register chat-webhook-delete chat-webhook-replay chat-revoke node-status "
        "node-rooms node-sessions ");
  CHECK(refused_to_writers ==
        "chat-room-create chat-room-update chat-room-delete chat-revoke node-status node-rooms "
        "node-sessions ");
  const auto json = node.call("node-status", "{}", user("u"));
  CHECK(text_at(json, "/error/message") == "node-status needs the scope admin; you have write");
}

TEST_CASE("a session is its user's alone, also for admins", "[actors]") {
  test_node node;
  const auto ada = node.open("general", "Ada", user("ada"));
  const auto token = R"({"sessionId":")" + ada.session_id + R"(","currentToken":")" + ada.token;
  const auto send = R"({"roomId":"general","text":"x","sessionId":")" + ada.session_id + "\"}";
  for (const auto may : {scope::write, scope::admin}) {
    const auto eve = user("eve", "", may);
    for (const auto* command : {"chat-status", "chat-disconnect", "chat-reconnect"})
      CHECK(node.outcome(command, by(ada.session_id), eve) == "FORBIDDEN");
    CHECK(node.outcome("chat-refresh-token", token + "\"}", eve) == "FORBIDDEN");
    CHECK(node.outcome("chat-send", send, eve) == "FORBIDDEN");
  }
  CHECK(node.outcome("chat-status", by(ada.session_id), user("ada")) == "OK");
}

TEST_CASE("a session that is revoked is over, its socket and its tokens with it", "[actors]") {
  test_node node;
  const auto ada = user("ada");
  const auto live = node.open("general", "Ada", ada);
  const auto pending = node.open("general", "Ada", ada);
  auto out = node.present(live.token, "general");
  auto bob = node.present(node.open("general", "Bob", user("bob")).token, "general");
  const auto done = node.call("chat-revoke", by(live.session_id));
  CHECK(at(done, "/data/sessionsEnded") == "1");
  CHECK(out->closed == 4006);
  CHECK(out->closed_why == "Session ended by an administrator");
  CHECK(bob->of_type("user_left").size() == 1);
  CHECK(text_at(node.call("chat-status", by(live.session_id), ada), "/data/endedBy") == "command");
  CHECK(node.present(pending.token, "general")->closed == 0);
  CHECK(node.outcome("chat-revoke", by("sess-0")) == "SESSION_NOT_FOUND");
  CHECK(at(node.call("chat-revoke", by(live.session_id)), "/data/sessionsEnded") == "0");
}

TEST_CASE("a user who is revoked is out everywhere, and it is stored when that is said",
          "[actors]") {
  temporary_directory store;
  test_node::credentials lost;
  {
    test_node node({.data = store.path()});
    auto one = node.present(node.open("general", "Ada", user("ada")).token, "general");
    auto two = node.present(node.open("tiny", "Ada", user("ada")).token, "tiny");
    auto bob = node.present(node.open("general", "Bob", user("bob")).token, "general");
    lost = node.open("general", "Ada", user("ada"));
    CHECK(at(node.call("chat-revoke", R"({"userId":"ada"})"), "/data/sessionsEnded") == "3");
    CHECK(one->closed == 4006);
    CHECK(two->closed == 4006);
    CHECK(bob->closed == 0);
    CHECK(at(node.call("chat-revoke", R"({"userId":"nobody"})"), "/data/sessionsEnded") == "0");
  }
  test_node node({.data = store.path()});  // the other one was killed
  CHECK(node.outcome("chat-reconnect", by(lost.session_id), user("ada")) == "SESSION_CLOSED");
  CHECK(node.present(lost.token, "general")->closed == 4006);
}

TEST_CASE("what to revoke has to be said", "[actors]") {
  test_node node;
  CHECK(node.outcome("chat-revoke", "{}") == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-revoke", R"({"sessionId":"s","userId":"u"})") == "VALIDATION_ERROR");
}

TEST_CASE("revoked while the disk is full: it is over, and the caller knows it is not stored",
          "[actors]") {
  test_node node;
  const auto live = node.open("general", "Ada", user("ada"));
  auto out = node.present(live.token, "general");
  const full_disk full;
  CHECK(node.outcome("chat-revoke", R"({"userId":"ada"})") == "STORAGE_UNAVAILABLE");
  CHECK(out->closed == 4006);
}

TEST_CASE("a token bound to an address opens nothing elsewhere", "[actors]") {
  test_node node({.bind_ip = true});
  auto ada = user("ada");
  ada.address = "192.0.2.1";
  const auto opened = node.open("general", "Ada", ada);
  CHECK(node.present(opened.token, "general", "192.0.2.2")->closed == 4001);
  auto out = node.present(opened.token, "general", "192.0.2.1");
  CHECK(out->closed == 0);
  // So is the one that is pushed to its connection …
  node.advance(std::chrono::minutes(4));
  node.advance(std::chrono::seconds(2));
  REQUIRE(out->of_type("token_refresh").size() == 1);
  const auto pushed = text_at(out->of_type("token_refresh").at(0), "/token");
  CHECK(node.present(pushed, "general", "192.0.2.2")->closed == 4001);
  CHECK(node.present(pushed, "general", "192.0.2.1")->closed == 0);
  // … and one that is asked for.
  ada.address = "192.0.2.7";
  const auto again =
      text_at(node.call("chat-reconnect", by(opened.session_id), ada), "/data/credentials/token");
  CHECK(node.present(again, "general", "192.0.2.1")->closed == 4001);
  CHECK(node.present(again, "general", "192.0.2.7")->closed == 0);
}

TEST_CASE("a user has only so many sessions that nobody connects", "[actors]") {
  test_node node({.pending_sessions_max = 2});
  const auto connect = [&](const char* who) {
    return node.outcome("chat-connect", R"({"roomId":"general"})", user(who));
  };
  const auto first = node.open("general", "Ada", user("ada"));
  const auto second = node.open("general", "Ada", user("ada"));
  CHECK(connect("ada") == "NODE_FULL");
  CHECK(connect("bob") == "OK");
  node.present(first.token, "general");
  CHECK(connect("ada") == "OK");
  CHECK(connect("ada") == "NODE_FULL");
  node.call("chat-disconnect", by(second.session_id), user("ada"));
  CHECK(connect("ada") == "OK");
  node.advance(std::chrono::minutes(5));
  node.advance(std::chrono::seconds(2));  // nobody came
  CHECK(connect("ada") == "OK");
}

TEST_CASE("a node has only so many sessions; those that are over make room", "[actors]") {
  test_node node({.sessions_max = 2});
  const auto connect = [&](const char* who) {
    return node.outcome("chat-connect", R"({"roomId":"general"})", user(who));
  };
  const auto first = node.open("general", "Ada", user("ada"));
  const auto second = node.open("general", "Bob", user("bob"));
  CHECK(connect("cy") == "NODE_FULL");
  CHECK(node.outcome("chat-connect", R"({"roomId":"general","dryRun":true})", user("cy")) ==
        "NODE_FULL");
  node.call("chat-disconnect", by(first.session_id), user("ada"));
  CHECK(connect("cy") == "OK");
  CHECK(node.outcome("chat-status", by(first.session_id), user("ada")) == "SESSION_NOT_FOUND");
  CHECK(node.outcome("chat-status", by(second.session_id), user("bob")) == "OK");
  CHECK(connect("cy") == "NODE_FULL");
}

TEST_CASE("a node has only so many rooms; a deleted one makes room", "[actors]") {
  test_node node({.rooms_max = 3});
  const auto root = user("root", "", scope::admin);
  const auto make = [&](const std::string& id) {
    return node.outcome("chat-room-create", R"({"roomId":")" + id + "\"}", root);
  };
  CHECK(make("one") == "OK");
  CHECK(make("two") == "NODE_FULL");
  CHECK(make("one") == "ALREADY_EXISTS");
  CHECK(node.outcome("chat-room-delete", R"({"roomId":"one"})", root) == "OK");
  CHECK(make("two") == "OK");
}

TEST_CASE("a token for the wrong room leaves a session among those nobody connected", "[actors]") {
  test_node node({.pending_sessions_max = 1});
  const auto one = node.open("general", "Ada", user("ada"));
  CHECK(node.present(one.token, "tiny")->closed == 4003);
  CHECK(node.outcome("chat-connect", R"({"roomId":"general"})", user("ada")) == "NODE_FULL");
}

TEST_CASE("a user who may do less from now on is out where that is not enough", "[actors]") {
  test_node node;
  std::map<std::string, scope, std::less<>> may{{"ada", scope::admin}, {"bob", scope::write}};
  node.context.standing_of = [&may](std::string_view id) -> std::optional<scope> {
    const auto found = may.find(id);
    return found == may.end() ? std::nullopt : std::optional(found->second);
  };
  const auto ada = user("ada", "Ada", scope::admin);
  node.call("chat-room-create", R"({"roomId":"own","visibility":"private","members":["bob"]})",
            user("root", "", scope::admin));
  auto in_private = node.present(node.open("own", "Ada", ada).token, "own");
  auto in_public = node.present(node.open("general", "Ada", ada).token, "general");
  const auto unused = node.open("own", "Ada", ada);
  auto bob = node.present(node.open("own", "Bob", user("bob")).token, "own");
  const auto change = [&] {
    caf::anon_send(node.hub, standing_changed{});
    node.run();
  };
  SECTION("nothing changes for those who may as before") {
    change();
    CHECK(in_private->closed == 0);
    CHECK(bob->closed == 0);
  }
  SECTION("an admin no more sees private rooms no more") {
    may["ada"] = scope::write;
    CHECK(node.present(unused.token, "own")->closed == 4006);  // before anybody has looked
    change();
    CHECK(in_private->closed == 4006);
    CHECK(in_public->closed == 0);
    CHECK(bob->closed == 0);
  }
  SECTION("a reader has no sessions") {
    may["ada"] = scope::read;
    change();
    CHECK(in_public->closed == 4006);
  }
  SECTION("nor has somebody who is nobody any more") {
    may.erase("bob");
    change();
    CHECK(bob->closed == 4006);
    CHECK(in_private->closed == 0);
  }
}

TEST_CASE("an admin stays in a private room that changes", "[actors]") {
  test_node node;
  const auto root = user("root", "", scope::admin);
  node.call("chat-room-create", R"({"roomId":"own","visibility":"private","members":["bob"]})",
            user("other", "", scope::admin));
  auto out = node.present(node.open("own", "Root", root).token, "own");
  node.call("chat-room-update", R"({"roomId":"own","description":"x"})", root);
  CHECK(out->closed == 0);
}

TEST_CASE("a session stays no longer after a restart than its user may", "[actors]") {
  temporary_directory store;
  test_node::credentials lost;
  {
    test_node node({.data = store.path()});
    node.call("chat-room-create", R"({"roomId":"own","visibility":"private","members":["ada"]})",
              user("root", "", scope::admin));
    lost = node.open("own", "Ada", user("ada"));
    // Killed between storing the room and ending sessions.
    auto room = node.db->rooms().value().front();
    REQUIRE(room.id == "own");
    room.members.clear();
    node.db->stage_room(room);
    REQUIRE(node.db->commit());
  }
  test_node node({.data = store.path()});
  CHECK(node.present(lost.token, "own")->closed == 4006);
}
