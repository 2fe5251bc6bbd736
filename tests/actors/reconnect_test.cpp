// Coming back: new tokens for the same session, what was missed, and one connection a session.
#include <catch2/catch.hpp>

#include "tests/actors/returning.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("whoever comes back gets what it missed, then what is said", "[actors]") {
  returning node;
  node.say("one");
  node.lose(node.out);
  node.say("two");
  node.say("three");
  auto again = node.come_back(having(1));
  CHECK(story(again) == "welcome message:two message:three caught_up:3");
  node.say("four");
  CHECK(story(again) == "welcome message:two message:three caught_up:3 message:four");
  CHECK(node.state_of(node.ada.session_id) == "connected");
  CHECK(node.bob->of_type("user_joined").size() == 2);
}

TEST_CASE("whoever missed nothing is told so", "[actors]") {
  returning node;
  node.lose(node.out);
  auto again = node.come_back();
  CHECK(masked(again->frames.back()) == R"({"type":"caught_up","lastMessageId":null})");
  node.lose(again);
  node.say("one");
  CHECK(story(node.come_back(having(1))) == "welcome caught_up:1");
}

TEST_CASE("a first connection is no catching up", "[actors]") {
  returning node;
  node.say("before");
  CHECK(story(node.join("general", "Cy")) == "welcome");
}

TEST_CASE("one's own missed messages carry the ids one gave them", "[actors]") {
  returning node;
  node.post(node.out, "mine", "c-1");
  node.run();
  node.say("theirs");
  node.lose(node.out);
  auto again = node.come_back(R"(,"lastMessageId":"m0000000000000000")");
  CHECK(text_at(again->frames.at(1), "/clientMessageId") == "c-1");
  CHECK(at(again->frames.at(2), "/clientMessageId") == "absent");
}

TEST_CASE("without an id a client gets what it was not given", "[actors]") {
  returning node;
  node.say("one");
  caf::anon_send(node.out->session, connection_lost{node.out, ended_by::client, 1});
  node.run();
  node.say("two");
  const auto json = node.reconnect();
  CHECK(text_at(json, "/data/metadata/catchUp/fromMessageId") == "m0000000000000001");
  auto again = node.present(text_at(json, "/data/credentials/token"), "general");
  CHECK(story(again) == "welcome message:two caught_up:2");
}

TEST_CASE("a connection's last message is the newest it was given", "[actors]") {
  returning node;
  node.say("one");
  CHECK(node.out->given() == 1);
  auto cy = node.join("general", "Cy");
  CHECK(cy->given() == 1);  // its welcome names it
  node.say("two");
  CHECK(cy->given() == 2);
}

TEST_CASE("more than a thousand missed messages leave a gap that says where to poll", "[actors]") {
  returning node;
  node.say("first");
  node.lose(node.out);
  for (int i = 2; i <= 1'102; ++i) node.post(node.bob, std::to_string(i));
  node.run();
  auto again = node.come_back(having(1));
  CHECK(again->frames.size() == 1'003);
  CHECK(text_at(again->frames.at(0), "/type") == "welcome");
  CHECK(at(again->frames.at(1), "/since") == "\"m0000000000000001\"");
  CHECK(at(again->frames.at(1), "/until") == "\"m0000000000000103\"");
  CHECK(text_at(again->frames.at(2), "/id") == "m0000000000000103");
  CHECK(text_at(again->frames.at(1'001), "/id") == "m0000000000001102");
  CHECK(text_at(again->frames.at(1'002), "/lastMessageId") == "m0000000000001102");
  CHECK(again->closed == 0);
}

TEST_CASE("who comes back to a position that is gone is told of the gap", "[actors]") {
  test_node node;
  const auto room = [&](const char* what) { node.call(what, R"({"roomId":"team"})"); };
  const auto say = [&] { node.call("chat-send", R"({"roomId":"team","text":"x"})"); };
  room("chat-room-create");
  for (int i = 0; i < 3; ++i) say();
  room("chat-room-delete");
  room("chat-room-create");
  say();  // the fourth
  say();
  const bool idle = GENERATE(false, true);  // from the tail, and from the store
  if (idle) {
    node.advance(limits::room_idle_timeout);
    node.advance(limits::room_idle_timeout);
  }
  const auto ada = node.open("team", "Ada");
  node.lose(node.present(ada.token, "team"));
  const auto back = [&](sequence seq) {
    const auto json =
        node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id + '"' + having(seq) + '}');
    const auto out = node.present(text_at(json, "/data/credentials/token"), "team");
    const auto told = story(out);
    node.lose(out);
    return told;
  };
  CHECK(back(2) == "welcome history_gap:2-4 message:x message:x caught_up:5");
  CHECK(back(4) == "welcome message:x caught_up:5");
}

TEST_CASE("missed messages fit an outbox, however long they are", "[actors]") {
  returning node;
  node.lose(node.out);
  const std::string text(2'000, '\x01');  // 12,000 bytes as JSON
  for (int i = 0; i < 60; ++i) node.post(node.bob, text);
  node.run();
  auto again = node.come_back(R"(,"lastMessageId":"m0000000000000000")");
  const auto replayed = again->of_type("message").size();
  CHECK(replayed > 30);
  CHECK(replayed < 60);
  CHECK(again->largest <= limits::outbox_bytes_max / 2 + 100);
  const auto until = *parse_message_id(text_at(again->of_type("history_gap").at(0), "/until"));
  CHECK(until == 60 - replayed + 1);
}

TEST_CASE("what has left the tail is replayed from the store", "[actors]") {
  returning node;
  for (int i = 1; i <= 5; ++i) node.say(std::to_string(i));
  node.lose(node.out);
  node.say("6");
  node.advance(limits::room_idle_timeout);
  node.advance(limits::room_idle_timeout);  // the room has dropped its tail; the session is over
  const auto cy = node.open("general", "Cy");
  auto other = node.present(cy.token, "general");
  node.lose(other);
  node.say("7");
  const auto json =
      node.call("chat-reconnect", R"({"sessionId":")" + cy.session_id + "\"" + having(4) + "}");
  auto again = node.present(text_at(json, "/data/credentials/token"), "general");
  CHECK(story(again) == "welcome message:5 message:6 message:7 caught_up:7");
}

TEST_CASE("a newer connection takes over without the room noticing", "[actors]") {
  returning node;
  node.say("one");
  const auto frames = node.bob->frames.size();
  auto newer = node.come_back(having(1));
  CHECK(node.out->closed == 4004);
  CHECK(story(newer) == "welcome caught_up:1");
  CHECK(node.bob->frames.size() == frames);
  CHECK(at(node.call("chat-rooms", R"({"search":"general"})"), "/data/rooms/0/participants") ==
        "2");
  node.lose(node.out);  // its socket goes afterwards
  CHECK(node.state_of(node.ada.session_id) == "connected");
  node.say("two");
  CHECK(node.out->of_type("message").size() == 1);
  CHECK(newer->of_type("message").size() == 1);
  // What the older one still says is not heard.
  node.post(node.out, "ghost");
  node.run();
  CHECK(node.history("general") == "Bob: one | Bob: two");
}

TEST_CASE("a session says that its connection was taken over", "[actors]") {
  returning node;
  CHECK(node.status("endedBy") == "absent");
  const auto newer = node.come_back();
  CHECK(node.status("state") == "connected");
  CHECK(node.status("endedBy") == "takeover");
  node.lose(newer);
  CHECK(node.status("endedBy") == "client");
}

TEST_CASE("a takeover in a full room has a place", "[actors]") {
  test_node node;
  const auto ada = node.open("tiny", "Ada");
  auto out = node.present(ada.token, "tiny");
  const auto json = node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  auto newer = node.present(text_at(json, "/data/credentials/token"), "tiny");
  CHECK(newer->closed == 0);
  CHECK(out->closed == 4004);
}

TEST_CASE("a node that stops costs a session no attempt to come back", "[actors]") {
  returning node;
  for (int i = 0; i < 12; ++i) {
    node.out->gone = true;
    caf::anon_send(node.out->session, connection_lost{node.out, ended_by::drain});
    node.run();
    node.out = node.come_back();
    CHECK(node.out->closed == 0);
  }
}

TEST_CASE("a session may come back five times in a row", "[actors]") {
  returning node;
  for (int i = 0; i < 5; ++i) {
    node.lose(node.out);
    node.out = node.come_back();
  }
  node.lose(node.out);
  const auto refused =
      node.call("chat-reconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
  CHECK(text_at(refused, "/error/code") == "MAX_RECONNECTS");
  CHECK(at(refused, "/error/details") == R"({"remainingAttempts":0,"maxAttempts":5})");
}

TEST_CASE("a reconnect says how often one may be tried after it", "[actors]") {
  returning node;
  for (int left = 4; left >= 0; --left) {
    node.lose(node.out);
    const auto json =
        node.call("chat-reconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
    CHECK(at(json, "/data/metadata/reconnect/maxAttempts") == std::to_string(left));
    CHECK(at(json, "/data/metadata/reconnect/allowed") == (left > 0 ? "true" : "false"));
    node.out = node.present(text_at(json, "/data/credentials/token"), "general");
  }
}

TEST_CASE("a connection that lived a minute sets the count back", "[actors]") {
  returning node;
  for (int i = 0; i < 20; ++i) {
    node.advance(i % 4 == 3 ? 1min : 59s);
    node.lose(node.out);
    node.out = node.come_back();
  }
  CHECK(node.out->closed == 0);
}

TEST_CASE("a reconnect's token opens one connection, and old ones none", "[actors]") {
  returning node;
  node.lose(node.out);
  CHECK(node.present(node.ada.token, "general")->closed == 4001);
  const auto token = text_at(node.reconnect(), "/data/credentials/token");
  CHECK(node.present(token, "general")->closed == 0);
  CHECK(node.present(token, "general")->closed == 4001);
}

TEST_CASE("a session that is over does not come back", "[actors]") {
  returning node;
  const auto input = R"({"sessionId":")" + node.ada.session_id + "\"}";
  node.call("chat-disconnect", input);
  CHECK(node.outcome("chat-reconnect", input) == "SESSION_CLOSED");
  returning other;
  const auto his = R"({"sessionId":")" + other.ada.session_id + "\"}";
  other.lose(other.out);
  for (int i = 0; i < 302; ++i) other.advance(1s);
  CHECK(other.outcome("chat-reconnect", his) == "SESSION_EXPIRED");
  CHECK(other.outcome("chat-reconnect", his, user("eve", "Eve")) == "FORBIDDEN");
  CHECK(other.outcome("chat-reconnect", R"({"sessionId":"sess-0"})") == "SESSION_NOT_FOUND");
}

TEST_CASE("a token that was refused a place is good for another try", "[actors]") {
  test_node node;
  const auto ada = node.open("tiny", "Ada");
  const auto bob = node.open("tiny", "Bob");
  auto first = node.present(ada.token, "tiny");
  CHECK(node.present(bob.token, "tiny")->closed == 4005);
  node.lose(first);
  CHECK(node.present(bob.token, "tiny")->closed == 0);
}

TEST_CASE("chat-status tells what ended a connection, and what to do", "[actors]") {
  returning node;
  node.say("one");
  CHECK(node.status("endedBy") == "absent");
  for (const auto& [why, name] : {std::pair{ended_by::client, "client"},
                                  {ended_by::slow, "slow"},
                                  {ended_by::error, "error"},
                                  {ended_by::drain, "drain"}}) {
    caf::anon_send(node.out->session, connection_lost{node.out, why, 1});
    node.run();
    CHECK(node.status("state") == "disconnected");
    CHECK(node.status("endedBy") == name);
    CHECK(node.status("endedAt") != "absent");
    CHECK(node.status("lastMessageId") == "m0000000000000001");
    const auto json = node.call("chat-status", R"({"sessionId":")" + node.ada.session_id + "\"}");
    CHECK(text_at(json, "/_agentHints/nextAction").find("chat-reconnect") != std::string::npos);
    node.out = node.come_back();
    CHECK(node.status("endedBy") == "absent");
  }
  node.call("chat-disconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
  CHECK(node.status("endedBy") == "command");
}

TEST_CASE("chat-status tells silence from age", "[actors]") {
  returning node({.timeouts = {.idle = 10min, .lifetime = 30min}});
  auto busy = node.join("general", "Cy");
  const auto other = node.open("general", "Dan");
  for (int i = 0; i < 11 * 60; ++i) {
    if (i % 60 == 0) caf::anon_send(busy->session, touch{});
    node.advance(1s);
  }
  CHECK(node.out->closed == 4002);
  CHECK(node.status("endedBy") == "idle");
  const auto unused = node.call("chat-status", R"({"sessionId":")" + other.session_id + "\"}");
  CHECK(text_at(unused, "/data/endedBy") == "expired");
  CHECK(busy->closed == 0);
}

// --- What went wrong once ----------------------------------------------------------------------

TEST_CASE("hours on one connection are no reconnect, taken over or not", "[actors]") {
  returning node;
  for (int i = 0; i < 12; ++i) {
    node.advance(2min);
    auto newer = node.come_back();
    CHECK(node.out->closed == 4004);
    node.out = newer;
  }
  CHECK(node.out->closed == 0);
}

TEST_CASE("a refused try keeps what the client said it has", "[actors]") {
  test_node node;
  const auto ada = node.open("tiny", "Ada");
  auto out = node.present(ada.token, "tiny");
  for (int i = 0; i < 3; ++i) node.post(out, std::to_string(i));
  node.run();
  node.lose(out);
  const auto with_id =
      node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"" + having(1) + "}");
  const auto without = node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  const auto bob = node.open("tiny", "Bob");
  auto guest = node.present(bob.token, "tiny");
  CHECK(node.present(text_at(with_id, "/data/credentials/token"), "tiny")->closed == 4005);
  node.lose(guest);
  // Each token has its own.
  auto again = node.present(text_at(with_id, "/data/credentials/token"), "tiny");
  CHECK(story(again) == "welcome message:1 message:2 caught_up:3");
}

TEST_CASE("who has seen what the room does not know is told, twice", "[actors]") {
  returning node;
  node.say("one");
  node.lose(node.out);
  for (const auto* id : {"m0000000000000007", "m9999999999999999"}) {
    const auto json = node.reconnect(R"(,"lastMessageId":")" + std::string(id) + '"');
    CHECK(text_at(json, "/warnings/0/code") == "POSITION_LOST");
    CHECK(text_at(json, "/warnings/0/details/restartAt") == "m0000000000000001");
    CHECK(text_at(json, "/data/metadata/catchUp/fromMessageId") == "m0000000000000001");
    const auto out = node.present(text_at(json, "/data/credentials/token"), "general");
    CHECK(story(out) == "welcome history_gap:1-2 caught_up:1");
    CHECK(text_at(out->of_type("history_gap").at(0), "/reason") == "restored");
    node.lose(out);
  }
}

TEST_CASE("null is the position of an empty room", "[actors]") {
  returning node;
  CHECK(at(node.out->frames.at(0), "/lastMessageId") == "null");
  node.lose(node.out);
  node.say("one");
  const auto again = node.come_back(R"(,"lastMessageId":null)");
  CHECK(story(again) == "welcome message:one caught_up:1");
}

TEST_CASE("what is no message id is refused", "[actors]") {
  returning node;
  node.say("one");
  node.lose(node.out);
  for (const auto* id : {"banana", "m1"}) {
    const auto json = node.reconnect(R"(,"lastMessageId":")" + std::string(id) + '"');
    CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
    CHECK(text_at(json, "/error/details/errors/0/path") == "lastMessageId");
    CHECK(text_at(json, "/error/details/oldestMessageId") == "m0000000000000001");
  }
  CHECK(story(node.come_back(having(1))) == "welcome caught_up:1");
}

TEST_CASE("a token of a message that is gone does not spoil what comes after", "[actors]") {
  returning node;
  node.say("one");
  auto claims = *node.signer.verify(text_at(node.reconnect(), "/data/credentials/token"));
  claims.since = 7;
  auto again = node.present(node.signer.sign(claims), "general");
  CHECK(story(again) == "welcome history_gap:1-2 caught_up:1");
  node.lose(again);
  node.say("two");
  CHECK(story(node.come_back()) == "welcome message:two caught_up:2");
}

TEST_CASE("what was replayed to a dead connection is replayed to the next one", "[actors]") {
  returning node;
  node.say("one");
  node.lose(node.out);
  node.say("two");
  auto dead = node.come_back(having(1));
  CHECK(story(dead) == "welcome message:two caught_up:2");
  CHECK(story(node.come_back()) == "welcome message:two caught_up:2");
  CHECK(dead->closed == 4004);
}
