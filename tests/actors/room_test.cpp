// Who is in a room and what they are told: welcome, presence, typing, reactions, capacity.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "model/limits.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

using strings = std::vector<std::string>;

strings masked_all(const strings& frames) {
  strings out;
  for (const auto& f : frames) out.push_back(masked(f));
  return out;
}

void react_with(test_node& node, const fake_outbox_ptr& from, const std::string& message_id) {
  caf::anon_send(from->session, react{message_id, "👍", from});
  node.run();
}

}  // namespace

TEST_CASE("a joiner is welcomed and the others are told", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  CHECK(masked_all(ada->frames) ==
        strings{R"({"type":"welcome","roomId":"general","sessionId":"S","participants":["Ada"],)"
                R"("participantCount":1,"lastMessageId":null})",
                R"({"type":"user_joined","nickname":"Bob","timestamp":T})"});
  CHECK(masked_all(bob->frames) ==
        strings{R"({"type":"welcome","roomId":"general","sessionId":"S",)"
                R"("participants":["Ada","Bob"],"participantCount":2,"lastMessageId":null})"});
}

TEST_CASE("a welcome names the session it is for and the newest message", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.post(ada, "one");
  node.post(ada, "two");
  node.run();
  const auto bob = node.open("general", "Bob");
  const auto welcome = node.present(bob.token, "general")->frames.at(0);
  CHECK(text_at(welcome, "/sessionId") == bob.session_id);
  CHECK(text_at(welcome, "/lastMessageId") == "m0000000000000002");
}

TEST_CASE("a member who goes is gone for those who remain, in the order of events", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  auto cy = node.join("general", "Cy");
  node.lose(bob);
  auto dan = node.join("general", "Dan");
  CHECK(masked_all(ada->frames).size() == 5);
  CHECK(masked_all({ada->frames.begin() + 1, ada->frames.end()}) ==
        strings{R"({"type":"user_joined","nickname":"Bob","timestamp":T})",
                R"({"type":"user_joined","nickname":"Cy","timestamp":T})",
                R"({"type":"user_left","nickname":"Bob","timestamp":T})",
                R"({"type":"user_joined","nickname":"Dan","timestamp":T})"});
  CHECK(bob->of_type("user_left").empty());
  CHECK(at(dan->frames.at(0), "/participants") == R"(["Ada","Cy","Dan"])");
}

TEST_CASE("many who go at once are told of at once", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  std::vector<fake_outbox_ptr> others;
  for (const auto* name : {"Bob", "Cy", "Dan"}) others.push_back(node.join("general", name));
  const auto sends = ada->sends;
  for (const auto& other : others)
    caf::anon_send(other->session, connection_lost{outbox_ptr(other)});
  node.run();
  CHECK(ada->sends == sends + 1);
  CHECK(masked_all(ada->of_type("user_left")) ==
        strings{R"({"type":"user_left","nickname":"Bob","timestamp":T})",
                R"({"type":"user_left","nickname":"Cy","timestamp":T})",
                R"({"type":"user_left","nickname":"Dan","timestamp":T})"});
}

TEST_CASE("whoever comes while others come and go hears only of those after it", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto dan = node.join("general", "Dan");
  const auto sends = ada->sends;
  auto bob = node.connect();
  auto cy = node.connect();
  // Straight to the room, so that all of it waits there at once.
  const auto room = node.ask<room_reply>(node.hub, find_room{"general", local_user()})->room;
  caf::scoped_actor session{node.system};
  session->send(room, leave{dan, std::nullopt});
  session->send(room, join{"sess-x", "Bob", bob});
  session->send(room, join{"sess-y", "Cy", cy});
  node.run();
  CHECK(ada->sends == sends + 1);
  CHECK(masked_all({ada->frames.end() - 3, ada->frames.end()}) ==
        strings{R"({"type":"user_left","nickname":"Dan","timestamp":T})",
                R"({"type":"user_joined","nickname":"Bob","timestamp":T})",
                R"({"type":"user_joined","nickname":"Cy","timestamp":T})"});
  CHECK(at(bob->frames.at(0), "/participants") == R"(["Ada","Bob"])");
  CHECK(masked_all({bob->frames.begin() + 1, bob->frames.end()}) ==
        strings{R"({"type":"user_joined","nickname":"Cy","timestamp":T})"});
  CHECK(at(cy->frames.at(0), "/participants") == R"(["Ada","Bob","Cy"])");
  CHECK(cy->frames.size() == 1);
}

TEST_CASE("in a large room joins and leaves gather, and the one who joined is welcomed at once",
          "[actors]") {
  test_node node({.rooms = {{"hall", "Hall", "", 1'000, 0}}});
  auto ada = node.join("hall", "Ada");
  std::vector<fake_outbox_ptr> others;
  while (others.size() < limits::presence_members_max)
    others.push_back(node.join("hall", "guest-" + std::to_string(others.size())));
  node.advance(limits::presence_interval);
  node.run();
  const auto sends = ada->sends;
  const auto told = [&] { return ada->of_type("user_joined").size(); };
  const auto before = told();
  auto bob = node.join("hall", "Bob");
  auto cy = node.join("hall", "Cy");
  node.lose(bob);
  CHECK(bob->of_type("welcome").size() == 1);
  CHECK(cy->of_type("welcome").size() == 1);
  CHECK(ada->sends == sends);
  node.advance(limits::presence_interval);
  node.run();
  CHECK(ada->sends == sends + 1);
  CHECK(told() == before + 2);
  CHECK(ada->of_type("user_left").size() == 1);
  // The next one does not wait for the end of another interval than its own.
  auto dan = node.join("hall", "Dan");
  CHECK(ada->sends == sends + 1);
  node.post(dan, "I am here");
  node.run();
  CHECK(told() == before + 3);  // who speaks has come before
  const auto& frames = ada->frames;
  CHECK(text_at(frames.at(frames.size() - 2), "/nickname") == "Dan");
  CHECK(text_at(frames.back(), "/type") == "message");
}

TEST_CASE("who came is told before what happened after it", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  const auto room = node.ask<room_reply>(node.hub, find_room{"general", local_user()})->room;
  caf::scoped_actor session{node.system};
  session->send(room, join{"sess-x", "Cy", node.connect()});
  session->send(room, room_typing{"Ada", ada});
  node.run();
  CHECK(masked_all({bob->frames.end() - 2, bob->frames.end()}) ==
        strings{R"({"type":"user_joined","nickname":"Cy","timestamp":T})",
                R"({"type":"typing","nickname":"Ada"})"});
}

TEST_CASE("whoever left gets nothing more", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  auto cy = node.join("general", "Cy");
  node.lose(ada);
  const auto frames = ada->frames.size();
  node.post(bob, "still there?");
  node.run();
  CHECK(ada->frames.size() == frames);
  CHECK(cy->of_type("message").size() == 1);
}

TEST_CASE("two people of one nickname are two participants", "[actors]") {
  test_node node;
  auto first = node.join("general", "Ada");
  auto second = node.join("general", "Ada");
  CHECK(at(second->frames.at(0), "/participants") == R"(["Ada","Ada"])");
  node.lose(first);
  auto third = node.join("general", "Bob");
  CHECK(at(third->frames.at(0), "/participants") == R"(["Ada","Bob"])");
}

TEST_CASE("a welcome lists a thousand nicknames and counts everybody", "[actors]") {
  test_node node({.rooms = {{"hall", "Hall", "", 2'000, 0}}});
  struct deaf_lane final : lane {
    void deliver(delivery) override {}
    void post(std::function<void()>) override {}
    void pace(const caf::actor&) override {}
    void store(append) override {}
    void store(save_session) override {}
  } deaf;
  // Straight to the room, whose members cannot hear: a thousand real joins would say a million
  // times that somebody came.
  const auto room = node.ask<room_reply>(node.hub, find_room{"hall", local_user()})->room;
  caf::scoped_actor session{node.system};
  for (int i = 0; i < 1'004; ++i)
    session->send(room, join{"sess-x", "guest-" + std::to_string(i), node.connect(deaf)});
  node.run();
  auto ada = node.join("hall", "Ada");
  const auto welcome = ada->frames.at(0);
  CHECK(at(welcome, "/participantCount") == "1005");
  CHECK(at(welcome, "/participants/999") != "absent");
  CHECK(at(welcome, "/participants/1000") == "absent");
}

TEST_CASE("a full room closes with 4005 and the token stays good", "[actors]") {
  test_node node;
  const auto first = node.open("tiny", "Ada");
  const auto second = node.open("tiny", "Bob");
  auto ada = node.present(first.token, "tiny");
  auto refused = node.present(second.token, "tiny");
  CHECK(refused->closed == 4005);
  CHECK(refused->frames.empty());
  CHECK(node.state_of(second.session_id) == "pending");
  node.lose(ada);
  auto bob = node.present(second.token, "tiny");
  CHECK(bob->closed == 0);
  CHECK(at(bob->frames.at(0), "/participants") == R"(["Bob"])");
}

TEST_CASE("typing goes to the others only, and gives a receipt", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  fake_lane other;
  auto cy = node.join("general", "Cy", other);
  caf::anon_send(ada->session, typing{ada});
  node.run();
  CHECK(ada->of_type("typing").empty());
  CHECK(bob->of_type("typing") == strings{R"({"type":"typing","nickname":"Ada"})"});
  CHECK(cy->of_type("typing") == strings{R"({"type":"typing","nickname":"Ada"})"});
  CHECK(ada->receipts == 1);
}

TEST_CASE("a reaction to a message reaches everybody", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hello");
  node.run();
  react_with(node, bob, "m0000000000000001");
  const strings reaction{R"({"type":"reaction","messageId":"m0000000000000001","emoji":"👍",)"
                         R"("nickname":"Bob","timestamp":T})"};
  CHECK(masked_all(ada->of_type("reaction")) == reaction);
  CHECK(masked_all(bob->of_type("reaction")) == reaction);
  CHECK(bob->receipts == 1);
}

TEST_CASE("a reaction to no message is an error for its sender alone", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hello");
  node.run();
  const strings unknown{"m0000000000000002",  "m0000000000000000", "m1", "", "x",
                        "m99999999999999999", "M0000000000000001"};
  for (const auto& id : unknown) react_with(node, bob, id);
  CHECK(bob->receipts == unknown.size());
  const strings error{R"({"type":"error","message":"No such message in this room",)"
                      R"("code":"MESSAGE_NOT_FOUND","suggestion":)"
                      R"("Use the id of a message that was sent to this room"})"};
  CHECK(bob->of_type("error") == strings(unknown.size(), error[0]));
  CHECK(bob->of_type("reaction").empty());
  CHECK(ada->of_type("error").empty());
}

TEST_CASE("what is no message any more, or never was, is no target for reactions", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  for (const auto* text : {"deleted", "edited", "said"}) node.post(ada, text);
  node.run();
  node.call("chat-delete", R"({"roomId":"general","messageId":"m0000000000000001"})");
  node.call("chat-edit", R"({"roomId":"general","messageId":"m0000000000000002","text":"new"})");
  if (GENERATE(false, true)) {  // from the tail, and from the store
    node.advance(limits::room_idle_timeout);
    node.advance(limits::room_idle_timeout);
  }
  for (const auto* none : {"m0000000000000001", "m0000000000000004", "m0000000000000005"})
    react_with(node, bob, none);
  CHECK(bob->of_type("error").size() == 3);
  CHECK(ada->of_type("reaction").empty());
  for (const auto* message : {"m0000000000000002", "m0000000000000003"})
    react_with(node, bob, message);
  CHECK(ada->of_type("reaction").size() == 2);
  CHECK(bob->receipts == 5);
}

TEST_CASE("a message is no target for reactions before it is committed", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.post(ada, "first, so that the next waits");
  node.run();
  node.post(ada, "second");
  node.run_within_turn();  // accepted, not committed
  REQUIRE(ada->of_type("message").size() == 1);
  caf::anon_send(ada->session, react{"m0000000000000002", "👍", ada});
  node.run_within_turn();
  CHECK(ada->of_type("error").size() == 1);
  node.run();
  react_with(node, ada, "m0000000000000002");
  CHECK(ada->of_type("reaction").size() == 1);
}
