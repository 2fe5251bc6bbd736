// What was handed to the store stays under way until the store has answered, however late: the
// caller is told TIMEOUT, nobody else may change it meanwhile, and the late answer counts.

#include <catch2/catch.hpp>

#include "tests/actors/stalling_node.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

const std::string team = R"({"roomId":"team"})";
const std::string hi = R"({"roomId":"team","text":"hi"})";
const std::string keyed = R"({"roomId":"general","text":"once","idempotencyKey":"k1"})";

std::string update(const std::string& more) { return R"({"roomId":"team",)" + more + '}'; }

}  // namespace

// --- Rooms -------------------------------------------------------------------------------------

TEST_CASE("a room whose deletion is late takes nothing until it is gone", "[actors]") {
  temporary_directory data;
  {
    stalling_node node({.data = data.path()});
    node.call("chat-room-create", team);
    node.call("chat-send", hi);
    auto ada = node.join("team", "Ada");
    CHECK(node.late("chat-room-delete", team) == "TIMEOUT");
    CHECK(ada->closed == 0);
    CHECK(node.at_once("chat-send", hi) == "OVERLOADED");
    CHECK(node.at_once("chat-room-delete", team) == "OVERLOADED");
    CHECK(node.at_once("chat-room-update", update(R"("name":"x")")) == "OVERLOADED");
    CHECK(node.at_once("chat-connect", team) == "OVERLOADED");
    node.post(ada, "hello?");
    node.stall();
    CHECK(ada->receipts == 1);
    CHECK(ada->of_type("message").empty());
    node.run();
    CHECK(ada->closed == 4006);
    CHECK(node.outcome("chat-poll", team) == "ROOM_NOT_FOUND");
  }
  stalling_node node({.data = data.path()});
  CHECK(node.outcome("chat-poll", team) == "ROOM_NOT_FOUND");
}

TEST_CASE("a room is changed when that is stored, however late", "[actors]") {
  stalling_node node;
  node.call("chat-room-create",
            R"({"roomId":"team","visibility":"private","members":["ada"],"name":"Team"})");
  const auto stranger = user("eve");
  CHECK(node.late("chat-room-update", update(R"("visibility":"public")")) == "TIMEOUT");
  CHECK(node.at_once("chat-poll", team, stranger) == "ROOM_NOT_FOUND");
  CHECK(node.at_once("chat-room-update", update(R"("name":"Crew")")) == "OVERLOADED");
  CHECK(node.at_once("chat-room-delete", team) == "OVERLOADED");
  node.run();
  CHECK(node.outcome("chat-poll", team, stranger) == "OK");
  CHECK(node.outcome("chat-room-update", update(R"("name":"Crew")")) == "OK");
}

TEST_CASE("a room that is made late is there, once", "[actors]") {
  stalling_node node;
  CHECK(node.late("chat-room-create", team) == "TIMEOUT");
  CHECK(node.at_once("chat-poll", team) == "ROOM_NOT_FOUND");
  CHECK(node.at_once("chat-room-create", team) == "ALREADY_EXISTS");
  node.run();
  CHECK(node.outcome("chat-send", hi) == "OK");
}

TEST_CASE("who asked for a write is told in time that it may still be done", "[actors]") {
  stalling_node node;
  const auto plain = node.start("chat-send", R"({"roomId":"general","text":"hi"})");
  const auto read =
      node.start("chat-history", R"({"roomId":"general","before":"m0000000000000001"})");
  node.stall_for(10s);
  CHECK(text_at(plain->json, "/error/code") == "TIMEOUT");
  CHECK(text_at(plain->json, "/error/suggestion").find("may still be done") != std::string::npos);
  node.run();
  CHECK(node.history("general") == "Agent: hi");
}

// --- Sessions ----------------------------------------------------------------------------------

TEST_CASE("sessions are revoked when that is stored, however late", "[actors]") {
  stalling_node node;
  auto ada = node.join("general", "Ada");
  const auto revoke = node.start("chat-revoke", R"({"userId":"local"})");
  node.stall();
  CHECK(revoke->answers == 0);
  CHECK(ada->closed == 4006);
  node.stall_for(10s);
  CHECK(stalling_node::outcome_of(*revoke) == "TIMEOUT");
  node.run();
  CHECK(revoke->answers == 1);
}

TEST_CASE("a connection whose session ends while its token is redeemed is closed", "[actors]") {
  stalling_node node;
  const auto ada = node.open("general", "Ada");
  auto out = node.connect();
  caf::anon_send(node.hub, present_token{ada.token, "general", out});
  node.stall();  // its token is being marked as used
  CHECK(out->closed == 0);
  const auto ended = node.start("chat-disconnect", R"({"sessionId":")" + ada.session_id + "\"}");
  node.stall();
  CHECK(out->closed == 4006);
  node.run();
  CHECK(stalling_node::outcome_of(*ended) == "OK");
  CHECK(out->of_type("welcome").empty());
}

// --- Calls with an idempotencyKey --------------------------------------------------------------

TEST_CASE("a key stays under way behind a TIMEOUT, until what was handed over is known",
          "[actors]") {
  stalling_node node;
  node.history("general");  // the room is awake
  const auto first = node.start("chat-send", keyed);
  node.stall();
  node.store_once();  // nobody used the key before; the message is handed over
  node.stall_for(10s);
  CHECK(stalling_node::outcome_of(*first) == "TIMEOUT");
  CHECK(text_at(first->json, "/error/suggestion").find("same idempotencyKey") != std::string::npos);
  CHECK(node.at_once("chat-send", keyed) == "OVERLOADED");
  node.run();
  CHECK(first->answers == 1);
  const auto again = node.call("chat-send", keyed);
  CHECK(at(again, "/success") == "true");
  CHECK(at(again, "/metadata/replayed") == "true");
  CHECK(node.history("general") == "Agent: once");
}

TEST_CASE("what fails behind a TIMEOUT frees its key", "[actors]") {
  stalling_node node;
  node.history("general");  // the room is awake
  const auto first = node.start("chat-send", keyed);
  node.stall();
  node.store_once();
  node.stall_for(10s);
  {
    const full_disk full;
    node.run();
  }
  CHECK(first->answers == 1);
  node.advance(2s);
  const auto again = node.call("chat-send", keyed);
  CHECK(at(again, "/metadata/replayed") == "absent");
  CHECK(node.history("general") == "Agent: once");
}

TEST_CASE("what is done is answered as done though its answer is kept late", "[actors]") {
  stalling_node node;
  node.history("general");  // the room is awake
  const auto first = node.start("chat-send", keyed);
  node.stall();
  node.store_once();  // the key is new
  node.store_once();  // the message is stored
  CHECK(first->answers == 0);
  node.stall_for(10s);
  CHECK(stalling_node::outcome_of(*first) == "OK");
  CHECK(text_at(first->json, "/warnings/0/code") == "ANSWER_NOT_KEPT");
  CHECK(node.at_once("chat-send", keyed) == "OVERLOADED");
  node.run();
  CHECK(at(node.call("chat-send", keyed), "/metadata/replayed") == "true");
  CHECK(node.history("general") == "Agent: once");
}

TEST_CASE("a key that is looked up late is free: nothing was done", "[actors]") {
  stalling_node node;
  CHECK(node.late("chat-send", keyed) == "TIMEOUT");
  node.run();
  CHECK(node.history("general") == "");
  const auto again = node.call("chat-send", keyed);
  CHECK(at(again, "/success") == "true");
  CHECK(at(again, "/metadata/replayed") == "absent");
}

// --- Webhooks ----------------------------------------------------------------------------------

TEST_CASE("a webhook that is registered late is listed when it is stored, and not before",
          "[actors]") {
  temporary_directory data;
  {
    stalling_node node({.data = data.path()});
    node.history("general");
    CHECK(node.late("chat-webhook-register", node.wish()) == "TIMEOUT");
    CHECK(node.at_once("chat-webhook-register", node.wish()) == "OVERLOADED");
    CHECK(read(node.counters.webhooks_active) == 0);
    node.run();
    CHECK(node.listed("state") == "active");
    CHECK(read(node.counters.webhooks_active) == 1);
  }
  stalling_node node({.data = data.path()});
  CHECK(node.listed("state") == "active");
}

TEST_CASE("a webhook that is deleted late is gone when that is stored", "[actors]") {
  stalling_node node;
  const auto id = node.hook();
  CHECK(node.late("chat-webhook-delete", node.of(id)) == "TIMEOUT");
  CHECK(node.at_once("chat-webhook-delete", node.of(id)) == "OVERLOADED");
  CHECK(node.at_once("chat-webhook-register", node.wish()) == "OVERLOADED");
  node.run();
  CHECK(node.listed("state") == "absent");
  CHECK(read(node.counters.webhooks_active) == 0);
  node.say("to nobody");
  CHECK(node.posted() == "");
}

TEST_CASE("a webhook that cannot be deleted goes on", "[actors]") {
  stalling_node node;
  const auto id = node.hook();
  {
    const full_disk full;
    CHECK(node.outcome("chat-webhook-delete", node.of(id)) == "STORAGE_UNAVAILABLE");
  }
  node.advance(2s);
  node.say("still");
  CHECK(node.posted() == "still");
  CHECK(read(node.counters.webhooks_active) == 1);
}

TEST_CASE("until a renewed secret is stored the old one signs", "[actors]") {
  stalling_node node;
  const auto signed_by = [](const webhook_request& r, const std::string& secret) {
    const auto signature = hook_node::header(r, "X-Chat-Signature");
    const auto time = signature.substr(2, signature.find(',') - 2);
    return signature.ends_with("v1=" + to_hex(hmac_sha256(secret, time + '.' + r.body)));
  };
  node.hook();
  node.answer_always(503);
  node.say("one");
  REQUIRE(node.targets.requests.size() == 1);
  const auto renewal = node.start("chat-webhook-register", node.wish());
  node.stall();
  node.stall_for(3s);  // it is tried again
  REQUIRE(node.targets.requests.size() > 1);
  for (const auto& request : node.targets.requests) CHECK(signed_by(request, node.secret));
  node.answer_always(200);
  node.run();
  const auto renewed = text_at(renewal->json, "/data/secret");
  node.pass(10s, 1s);
  CHECK(signed_by(node.targets.requests.back(), renewed));
  CHECK(node.db->webhooks()->at(0).secret == renewed);
}

TEST_CASE("a renewal that is refused changes nothing", "[actors]") {
  stalling_node node;
  node.hook();
  const auto before = node.db->webhooks()->at(0);
  node.pass(1h, 10s);
  {
    const full_disk full;
    CHECK(node.outcome("chat-webhook-register", node.wish()) == "STORAGE_UNAVAILABLE");
  }
  node.advance(2s);
  node.say("one");
  const auto now = node.db->webhooks()->at(0);
  CHECK(now.secret == before.secret);
  CHECK(now.expires_ms == before.expires_ms);
  CHECK(now.may == before.may);
}

TEST_CASE("dead letters are queued when that is stored, and not before", "[actors]") {
  stalling_node node;
  const auto id = node.hook();
  node.answer_always(503);
  node.say("one");
  node.pass(2h, 1min);
  REQUIRE(read(node.counters.webhook_dead_letters) == 1);
  const auto requests = node.targets.requests.size();
  CHECK(node.late("chat-webhook-replay", node.of(id)) == "TIMEOUT");
  CHECK(node.targets.requests.size() == requests);
  node.answer_always(200);
  node.run();
  CHECK(node.targets.requests.size() == requests + 1);
}

TEST_CASE("webhooks of a room that cannot be deleted go on", "[actors]") {
  stalling_node node;
  node.hook();
  {
    const full_disk full;
    CHECK(node.outcome("chat-room-delete", R"({"roomId":"general"})") == "STORAGE_UNAVAILABLE");
  }
  node.pass(30s, 1s);
  CHECK(node.listed("state") == "active");
  node.say("still");
  node.pass(30s, 1s);
  CHECK(node.posted() == "still");
  CHECK(node.outcome("chat-room-delete", R"({"roomId":"general"})") == "OK");
  node.pass(30s, 1s);
  CHECK(node.listed("state") == "ended");
}
