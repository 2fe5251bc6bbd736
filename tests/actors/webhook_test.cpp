// Webhooks as commands see them: who may register which, what is listed, how they end.

#include <catch2/catch.hpp>

#include "actors/audit.hpp"
#include "tests/actors/webhook_target.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("what is said after a webhook is registered is posted, signed", "[actors]") {
  hook_node node;
  node.say("before");
  const auto id = node.hook();
  CHECK(id.starts_with("hook-"));
  node.say("one");
  node.say("two");
  REQUIRE(node.posted() == "one | two");
  const auto& request = node.targets.requests[1];
  CHECK(request.url == "https://target.example/hook");
  CHECK(keys(request.body) == "subscriptionId deliveryId roomId messages");
  CHECK(text_at(request.body, "/subscriptionId") == id);
  CHECK(text_at(request.body, "/roomId") == "general");
  CHECK(keys(request.body, "/messages/0") == "id sender text timestamp");
  CHECK(text_at(request.body, "/messages/0/id") == "m0000000000000003");
  CHECK(hook_node::header(request, "X-Chat-Delivery") == id + ":3-3");
  CHECK(text_at(request.body, "/deliveryId") == id + ":3-3");
  CHECK(hook_node::header(request, "Content-Type") == "application/json");
  CHECK(hook_node::header(request, "User-Agent") == "chatd/test");
  const auto signature = hook_node::header(request, "X-Chat-Signature");
  const auto comma = signature.find(',');
  REQUIRE(signature.starts_with("t="));
  const auto time = signature.substr(2, comma - 2);
  std::string hex;
  for (const unsigned char byte : hmac_sha256(node.secret, time + '.' + request.body)) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    hex += digits;
  }
  CHECK(signature.substr(comma) == ",v1=" + hex);
}

TEST_CASE("the list tells how a webhook is doing", "[actors]") {
  hook_node node;
  const auto id = node.hook();
  CHECK(node.listed("state") == "active");
  CHECK(node.listed("lastMessageId") == "absent");
  node.say("one");
  CHECK(node.listed("subscriptionId") == id);
  CHECK(node.listed("lastMessageId") == "m0000000000000001");
  CHECK(node.listed("lastDeliveryId") == id + ":1-1");
  node.answer_always(503);
  node.say("two");
  CHECK(node.listed("state") == "retrying");
  CHECK(node.listed("lastError") == "the target answered 503");
  CHECK(node.listed("lastMessageId") == "m0000000000000001");
  CHECK(node.listed("nextAttemptAt") != "absent");
  node.answer_always(200);
  node.advance(1s);
  CHECK(node.listed("state") == "active");
  CHECK(node.listed("lastError") == "absent");
  const auto in_help = node.call("chat-webhook-list", R"({"roomId":"tiny"})");
  CHECK(at(in_help, "/data/total") == "0");
  const auto status = node.call("node-status");
  CHECK(at(status, "/data/webhooks") ==
        R"({"active":1,"delivered":2,"failedAttempts":1,"deadLetters":0,)"
        R"("deadLettersForgotten":0})");
}

TEST_CASE("the same room and URL renew a webhook, with a new secret", "[actors]") {
  hook_node node;
  const auto first = node.call("chat-webhook-register", hook_node::wish());
  node.pass(1h, 10s);
  const auto second = node.call("chat-webhook-register", hook_node::wish());
  CHECK(text_at(first, "/data/subscriptionId") == text_at(second, "/data/subscriptionId"));
  CHECK(text_at(first, "/data/secret") != text_at(second, "/data/secret"));
  // Deleting it would take back what the first call did, too.
  CHECK(text_at(first, "/undoCommand") == "chat-webhook-delete");
  CHECK(at(second, "/undoCommand") == "absent");
  CHECK(text_at(first, "/data/expiresAt") < text_at(second, "/data/expiresAt"));
  CHECK(at(node.call("chat-webhook-list"), "/data/total") == "1");
  node.say("hi");
  CHECK(node.posted() == "hi");
  // Another user's is another one.
  const auto other = node.call("chat-webhook-register", hook_node::wish(), user("bob"));
  CHECK(text_at(first, "/data/subscriptionId") != text_at(other, "/data/subscriptionId"));
}

TEST_CASE("a webhook that nobody renews ends after 30 days", "[actors]") {
  hook_node node;
  node.hook();
  node.pass(30 * 24h - 1h, 1h);
  node.say("still");
  node.pass(1h + 1s, 10min);
  node.say("no more");
  CHECK(node.posted() == "still");
  CHECK(node.listed("state") == "ended");
  CHECK(node.listed("endedBecause") == "it was not registered again in time");
  node.pass(24h, 1h);
  CHECK(at(node.call("chat-webhook-list"), "/data/total") == "0");
}

TEST_CASE("what cannot be registered is refused, and says why", "[actors]") {
  hook_node node;
  node.targets.check = [](const std::string& url) -> std::optional<std::string> {
    if (url.find("inside") == std::string::npos) return std::nullopt;
    return "leads to an address that is not on the internet";
  };
  const auto refused =
      node.call("chat-webhook-register", hook_node::wish("general", "http://inside.example/"));
  CHECK(text_at(refused, "/error/code") == "VALIDATION_ERROR");
  CHECK(at(refused, "/error/details/errors/0") ==
        R"({"path":"webhookUrl","message":)"
        R"("It leads to an address that is not on the internet","code":"custom"})");
  CHECK(text_at(refused, "/error/suggestion").find("--webhook-allow-private") != std::string::npos);
  const auto code = [&](const std::string& input) {
    return node.outcome("chat-webhook-register", input, user("ada"));
  };
  CHECK(code(hook_node::wish("nowhere")) == "ROOM_NOT_FOUND");
  const std::string begin = R"({"roomId":"general","webhookUrl":"https://x.example","events":)";
  CHECK(code(begin + R"(["message","message_edited"]})") == "VALIDATION_ERROR");
  CHECK(code(begin + "[]}") == "VALIDATION_ERROR");
  const auto schema = node.call("afd-detail", R"({"command":"chat-webhook-register"})");
  CHECK(at(schema, "/data/0/inputSchema/properties/events/items/enum") == R"(["message"])");
  CHECK(code(begin + R"(["message"]})") == "OK");
}

TEST_CASE("a name that takes too long to look up is not registered after all", "[actors]") {
  hook_node node;
  node.targets.holds_look_ups = true;
  const auto asked = node.start("chat-webhook-register", hook_node::wish());
  node.run();
  node.advance(4s);
  node.targets.release();
  node.run();
  REQUIRE(asked->answers == 1);
  CHECK(text_at(asked->json, "/error/code") == "TIMEOUT");
  CHECK(at(node.call("chat-webhook-list"), "/data/total") == "0");
}

TEST_CASE("names that are looked up have a limit", "[actors]") {
  hook_node node;
  node.targets.holds_look_ups = true;
  std::vector<std::shared_ptr<test_node::pending_call>> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(node.start("chat-webhook-register", node.wish()));
  const auto other = node.start("chat-webhook-register", node.wish(), user("bob"));
  node.run();
  CHECK(text_at(calls[4]->json, "/error/code") == "OVERLOADED");
  CHECK(calls[3]->answers == 0);
  node.targets.release();
  node.run();
  CHECK(at(calls[0]->json, "/success") == "true");
  CHECK(text_at(calls[3]->json, "/error/code") == "OVERLOADED");  // the same one, being stored
  CHECK(at(other->json, "/success") == "true");
  CHECK(at(node.call("chat-webhook-list"), "/data/total") == "1");
}

TEST_CASE("a user and a room have so many webhooks", "[actors]") {
  hook_node node({.rates = {.on = false}});
  const auto url = [](int i) { return "https://target.example/" + std::to_string(i); };
  for (int i = 0; i < 49; ++i) node.hook("general", user("ada"), url(i));
  node.hook("tiny", user("ada"));
  const auto mine = node.call("chat-webhook-register", node.wish("tiny", url(1)), user("ada"));
  CHECK(text_at(mine, "/error/code") == "WEBHOOK_LIMIT");
  CHECK(text_at(mine, "/error/message") == "You have as many webhooks as there may be, 50");
  node.hook("general", user("bob"));
  const auto room = node.call("chat-webhook-register", node.wish("general", url(1)), user("bob"));
  CHECK(text_at(room, "/error/message") == "The room has as many webhooks as there may be, 50");
  CHECK(node.outcome("chat-webhook-register", node.wish("general", url(1)), user("ada")) == "OK");
}

TEST_CASE("a webhook is its user's alone", "[actors]") {
  hook_node node;
  const auto id = node.hook("general", user("ada"));
  for (const auto* command :
       {"chat-webhook-delete", "chat-webhook-dead-letters", "chat-webhook-replay"}) {
    CHECK(node.outcome(command, hook_node::of(id)) == "FORBIDDEN");
    CHECK(node.outcome(command, hook_node::of("hook-0")) == "WEBHOOK_NOT_FOUND");
  }
  CHECK(at(node.call("chat-webhook-list"), "/data/total") == "0");
  CHECK(node.outcome("chat-webhook-delete", hook_node::of(id), user("ada")) == "OK");
  node.say("nobody hears of it");
  CHECK(node.posted().empty());
  CHECK(node.outcome("chat-webhook-delete", hook_node::of(id), user("ada")) == "WEBHOOK_NOT_FOUND");
  CHECK(at(node.call("node-status"), "/data/webhooks/active") == "0");
}

TEST_CASE("a webhook ends when its user may not see the room any more", "[actors]") {
  hook_node node;
  const auto ada = user("ada");
  node.call("chat-room-create",
            R"({"roomId":"team","visibility":"private","members":["ada","bob"]})");
  CHECK(node.outcome("chat-webhook-register", hook_node::wish("team"), user("eve")) ==
        "ROOM_NOT_FOUND");
  node.hook("team", ada);
  node.say("one", "team");
  SECTION("at once, when it waits") {
    node.call("chat-room-update", R"({"roomId":"team","members":["bob"]})");
    node.advance(1s);
  }
  SECTION("before the next attempt, when it retries") {
    node.answer_always(500);
    node.say("two", "team");
    node.call("chat-room-update", R"({"roomId":"team","members":["bob"]})");
    node.targets.requests.resize(1);
    node.answer_always(200);
    node.advance(1s);
  }
  SECTION("and when the room is deleted") {
    node.call("chat-room-delete", R"({"roomId":"team"})");
    node.advance(1s);
    CHECK(node.posted() == "one");
    CHECK(node.listed("endedBecause", ada) ==
          "the room is gone, or its user may not see it any more");
    return;
  }
  node.say("three", "team");
  node.advance(1s);
  CHECK(node.posted() == "one");
  CHECK(node.listed("state", ada) == "ended");
}

TEST_CASE("a webhook ends with its user's right to write", "[actors]") {
  hook_node node;
  std::optional<scope> may = scope::write;
  node.context.standing_of = [&](std::string_view) { return may; };
  node.hook("general", user("ada"));
  node.say("one");
  SECTION("the key was revoked") { may = std::nullopt; }
  SECTION("the key may only read now") { may = scope::read; }
  node.say("two");
  CHECK(node.posted() == "one");
  CHECK(node.listed("endedBecause", user("ada")) == "its user may not write on this node any more");
}

TEST_CASE("a target that is gone for good ends its webhook", "[actors]") {
  hook_node node;
  node.hook();
  node.answer_always(410);
  node.say("one");
  node.say("two");
  CHECK(node.posted() == "one");
  CHECK(node.listed("state") == "ended");
  CHECK(node.listed("endedBecause") == "the target answered 410");
  // The same URL again is a new one, from now on.
  node.answer_always(200);
  node.hook();
  node.say("three");
  CHECK(node.posted() == "one | three");
}

namespace {

class webhook_notes final : public audit_log {
 public:
  void write(const audit_entry& e) noexcept override {
    if (e.subscription_id.empty()) return;
    lines.push_back(std::string(e.event) + ' ' + std::string(e.user_id) + ' ' +
                    std::string(e.room_id) + ' ' + std::string(e.address) + ' ' +
                    std::string(e.reason));
  }
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("the audit log tells of webhooks", "[actors]") {
  webhook_notes notes;
  hook_node node;
  node.context.audit = &notes;
  const caller ada{"ada", "Ada", "192.0.2.1", scope::write};
  node.call("chat-webhook-delete", hook_node::of(node.hook("general", ada)), ada);
  node.hook("general", ada);
  node.answer_always(410);
  node.say("one");
  CHECK(notes.lines == std::vector<std::string>{
                           "webhook-register ada general 192.0.2.1 ",
                           "webhook-delete ada general 192.0.2.1 ",
                           "webhook-register ada general 192.0.2.1 ",
                           "webhook-end ada general  the target answered 410",
                       });
}
