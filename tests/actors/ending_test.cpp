// Actors that end while something is under way: whoever waits is answered, nothing else is done,
// and nothing is done by destructors, which run when an actor's state is gone.

#include <caf/detail/simple_actor_clock.hpp>
#include <catch2/catch.hpp>

#include "tests/actors/composites.hpp"
#include "tests/actors/stalling_node.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

void end(const caf::actor& one) { caf::anon_send_exit(one, caf::exit_reason::user_shutdown); }

}  // namespace

TEST_CASE("calls under way when the commands end are answered, and begin nothing", "[actors]") {
  stalling_node node;
  const auto batch = node.start("afd-batch", batch_of(waits_for("1000") + ',' + say("a")));
  const auto wide =
      node.start("afd-batch", batch_of(waits + ',' + say("b"), R"({"parallelism":2})"));
  const auto pipe = node.start("afd-pipe", pipe_of(waits_for("1000") + ',' + say("c"),
                                                   R"(,"options":{"continueOnFailure":true})"));
  const auto nested =
      node.start("afd-call", R"({"command":"afd-batch","input":)" +
                                 batch_of(waits_for("1000") + ',' + say("d")) + '}');
  const auto single = node.start("chat-send", R"({"roomId":"general","text":"e"})");
  node.stall();
  end(node.command);
  node.stall();
  for (const auto& call : {batch, wide, pipe, nested, single}) {
    CHECK(call->answers == 1);
    CHECK(text_at(call->json, "/error/code") == "OVERLOADED");
    CHECK(at(call->json, "/error/retryable") == "true");
  }
  node.run();
  for (const auto& call : {batch, wide, pipe, nested, single}) CHECK(call->answers == 1);
  std::string stored;
  const auto page = node.db->load_after("general", 0, 10);
  for (const auto& m : page->messages) stored += m->text;
  std::ranges::sort(stored);
  CHECK(stored == "be");
}

TEST_CASE("a hub that ends while sessions end tells nobody that they did", "[actors]") {
  stalling_node node;
  node.join("general", "Ada");
  node.call("chat-room-create", R"({"roomId":"team"})");
  node.present(node.open("team", "Bob", user("bob")).token, "team");
  const auto made_private =
      node.start("chat-room-update", R"({"roomId":"team","visibility":"private","members":[]})");
  const auto deleted = node.start("chat-room-delete", R"({"roomId":"general"})");
  node.stall();
  node.store_once();  // the rooms; their sessions are still to be stored
  const auto revoked = node.start("chat-revoke", R"({"userId":"nobody"})");
  node.stall();
  CHECK(deleted->answers == 0);
  end(node.hub);
  node.stall();
  for (const auto& call : {made_private, deleted}) CHECK(call->answers == 0);
  node.stall_for(10s);
  for (const auto& call : {made_private, deleted})
    CHECK(stalling_node::outcome_of(*call) == "TIMEOUT");
  CHECK(stalling_node::outcome_of(*revoked) == "OK");
}

TEST_CASE("a room that ends answers those for whom it asks the store", "[actors]") {
  stalling_node node({.timeouts = {.handoff = 1h, .reconnect = 1h}});
  for (int i = 0; i < 3; ++i) node.call("chat-send", R"({"roomId":"general","text":"hi"})");
  const auto room = node.ask<room_reply>(node.hub, find_room{"general", local_user()})->room;
  const auto ada = node.open("general", "Ada");
  node.lose(node.present(ada.token, "general"));
  const auto back = node.call("chat-reconnect", R"({"sessionId":")" + ada.session_id +
                                                    R"(","lastMessageId":"m0000000000000001"})");
  // Its tail goes, so that it has to ask.
  node.advance(limits::room_idle_timeout);
  node.advance(limits::room_idle_timeout);
  auto out = node.connect();
  caf::anon_send(node.hub, present_token{text_at(back, "/data/credentials/token"), "general", out});
  node.stall();
  node.store_once();  // the token is used; now the room is asked, and asks
  const auto edit =
      node.start("chat-edit", R"({"roomId":"general","messageId":"m0000000000000001","text":"x"})");
  node.stall();
  CHECK(edit->answers + out->closed == 0);
  caf::anon_send_exit(room, caf::exit_reason::normal);
  node.stall();
  CHECK(stalling_node::outcome_of(*edit) == "OVERLOADED");
  CHECK(out->closed != 0);
}

TEST_CASE("a session that ends answers those who wait for it to be stored", "[actors]") {
  stalling_node node;
  const auto ada = node.open("general", "Ada");
  const auto session = node.session(ada.session_id);
  const auto ended = node.start("chat-disconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  node.stall();
  CHECK(ended->answers == 0);
  caf::anon_send_exit(session, caf::exit_reason::normal);
  node.stall();
  CHECK(stalling_node::outcome_of(*ended) == "STORAGE_UNAVAILABLE");
}

TEST_CASE("a room is deleted though a session of it cannot tell that it has ended", "[actors]") {
  stalling_node node;
  const auto ada = node.open("general", "Ada");
  const auto session = node.session(ada.session_id);
  const auto deleted = node.start("chat-room-delete", R"({"roomId":"general"})");
  node.stall();
  node.store_once();
  caf::anon_send_exit(session, caf::exit_reason::normal);
  node.stall();
  CHECK(stalling_node::outcome_of(*deleted) == "OK");
}

TEST_CASE("what was asked and answered leaves no timer behind", "[actors]") {
  stalling_node node;
  const auto timers = [&] {
    return dynamic_cast<caf::detail::simple_actor_clock&>(node.scheduler.clock()).schedule().size();
  };
  node.hook();
  node.say("first");
  const auto before = timers();
  for (int i = 0; i < 100; ++i) {
    node.say("more");
    node.call("chat-rooms");
    node.call("chat-send",
              R"({"roomId":"general","text":"x","idempotencyKey":"k)" + std::to_string(i) + "\"}");
    node.call("chat-webhook-register", node.wish());
  }
  CHECK(node.targets.requests.size() > 100);
  CHECK(timers() <= before + 5);
}
