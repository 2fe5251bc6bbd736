// What commands answer is what their rows say they answer.

#include <catch2/catch.hpp>
#include <map>

#include "actors/command_table.hpp"
#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"
#include "tests/json_schema.hpp"

using namespace chat;
using namespace chat::test;

namespace {

/// A node whose every answer is held to the schema of its command.
class checked_node : public test_node {
 public:
  using test_node::test_node;

  std::string say(const std::string& name, const std::string& input = "{}",
                  caller who = local_user()) {
    auto json = call(name, input, std::move(who));
    CAPTURE(name, input, json);
    REQUIRE(at(json, "/success") == "true");
    const auto& row = *find_command(name);
    if (!row.answer.empty())
      CHECK(checks[name].problems(std::string(row.answer), json) == std::vector<std::string>{});
    else
      CHECK(checks[name].problems(std::string(row.output), at(json, "/data")) ==
            std::vector<std::string>{});
    return json;
  }
  std::map<std::string, schema_check> checks;
};

std::string of_session(const std::string& session_id, const std::string& more = "") {
  return R"({"sessionId":")" + session_id + '"' + more + '}';
}

void look_after_sessions(checked_node& node) {
  const auto handoff = node.say("chat-connect", R"({"roomId":"general","nickname":"Ada"})");
  const auto session_id = text_at(handoff, "/data/credentials/sessionId");
  const auto token = text_at(handoff, "/data/credentials/token");
  node.say("chat-status", of_session(session_id));
  const auto fresh =
      node.say("chat-refresh-token", of_session(session_id, R"(,"currentToken":")" + token + '"'));
  const auto socket = node.present(text_at(fresh, "/data/token"), "general");
  node.post(socket, "hello");
  node.run();
  node.say("chat-status", of_session(session_id));
  node.lose(socket);
  node.say("chat-status", of_session(session_id));
  node.say("chat-reconnect", of_session(session_id));
  node.say("chat-disconnect", of_session(session_id, R"(,"reason":"tea")"));
  node.say("chat-status", of_session(session_id));
  node.say("chat-revoke", R"({"userId":"local"})");
}

void talk(checked_node& node) {
  node.say("chat-poll", R"({"roomId":"tiny"})");
  node.say("chat-send", R"({"roomId":"tiny","text":"one"})");
  node.say("chat-send", R"({"roomId":"tiny","text":"two","since":"m0000000000000001"})");
  const auto message = [](sequence seq) {
    return R"({"roomId":"tiny","messageId":")" + format_message_id(seq) + '"';
  };
  node.say("chat-edit", message(1) + R"(,"text":"1"})");
  node.say("chat-delete", message(2) + '}');
  node.say("chat-poll", R"({"roomId":"tiny"})");
  node.say("chat-stream", R"({"roomId":"tiny"})");
  node.say("chat-poll", R"({"roomId":"tiny","limit":1})");
  node.say("chat-stream", R"({"roomId":"tiny","limit":1})");
  node.say("chat-history", R"({"roomId":"tiny"})");
  for (int i = 0; i < 2; ++i) node.say("chat-send", R"({"roomId":"tiny","text":"one more"})");
  node.say("chat-search", R"({"query":"one","limit":1})");
  const auto ada = node.join("general", "Ada");
  const auto bob = node.join("general", "Bob");
  node.say("chat-participants", R"({"roomId":"general","limit":1})");
}

void change_rooms(checked_node& node) {
  node.say("chat-room-create",
           R"({"roomId":"team","description":"Ours","visibility":"private","members":["ada"]})");
  node.say("chat-rooms", R"({"limit":1})");
  node.say("chat-rooms");
  node.say("chat-room-update", R"({"roomId":"team","name":"Team"})");
  node.say("chat-room-delete", R"({"roomId":"team"})");
}

void use_webhooks(checked_node& node) {
  const auto made = node.say("chat-webhook-register",
                             R"({"roomId":"tiny","webhookUrl":"https://target.example/"})");
  const auto id = R"({"subscriptionId":")" + text_at(made, "/data/subscriptionId") + '"';
  node.say("chat-send", R"({"roomId":"tiny","text":"taken"})");
  node.say("chat-webhook-list");
  node.targets.reply = [](const auto&) { return webhook_answer{500, {}, 0}; };
  for (int i = 0; i < 2; ++i) {
    node.say("chat-send", R"({"roomId":"tiny","text":"lost"})");
    node.say("chat-webhook-list");
    for (int minutes = 0; minutes < 66; ++minutes) node.advance(std::chrono::minutes(1));
  }
  node.say("chat-webhook-dead-letters", id + R"(,"limit":1})");
  node.say("chat-webhook-replay", id + '}');
  node.targets.reply = [](const auto&) { return webhook_answer{410, {}, 0}; };
  node.say("chat-send", R"({"roomId":"tiny","text":"gone"})");
  node.say("chat-webhook-list");
  node.say("chat-webhook-delete", id + '}');
}

void ask_about_commands(checked_node& node) {
  node.say("afd-help");
  node.say("afd-help", R"({"format":"full"})");
  node.say("afd-schema");
  node.say("afd-schema", R"({"format":"typescript"})");
  node.say("afd-docs");
  node.say("afd-discover", R"({"includeMutation":true})");
  node.say("afd-detail", R"({"command":["chat-connect","chat-conect"]})");
}

void look_at_the_node(checked_node& node) {
  const auto ada = node.join("general", "Ada");
  const caller who{.user_id = "bob", .address = "192.0.2.1", .may = scope::write};
  const auto bob = node.present(node.open("general", "Bob", who).token, "general", who.address);
  node.say("node-status");
  node.say("node-rooms", R"({"limit":1})");
  node.say("node-sessions", R"({"limit":1})");
  node.lose(ada);
  node.say("node-sessions");
}

void run_several(checked_node& node) {
  node.say("afd-call", R"({"command":"chat-rooms"})");
  node.say("afd-batch",
           R"({"commands":[{"command":"chat-rooms","input":{"x":1}},{"command":"no"}]})");
  node.say("afd-pipe", R"({"steps":[{"command":"chat-rooms","input":{"x":1},"as":"r"},)"
                       R"({"command":"chat-rooms","when":{"$exists":"$prev.no"}}]})");
}

// What only some answers have, seen in that of another command; and what failures have.
const std::set<std::string> rarely_seen = {
    "chat-connect.metadata.catchUp",    "chat-connect.metadata.catchUp.fromMessageId",
    "chat-reconnect.metadata.nickname", "chat-rooms.rooms[].members",
    "chat-status.lastMessageId",        "afd-batch.error",
    "afd-batch.warnings[].details",     "afd-pipe.error",
    "afd-pipe.steps[].error",           "afd-pipe.steps[].undoArgs",
    "afd-pipe.steps[].undoCommand",     "afd-pipe.warnings",
};

}  // namespace

TEST_CASE("every command answers as its schema says, and every property is one", "[actors]") {
  checked_node node({.bind_ip = true});  // so that addresses are known
  look_after_sessions(node);
  talk(node);
  use_webhooks(node);
  change_rooms(node);
  ask_about_commands(node);
  run_several(node);
  look_at_the_node(node);
  for (const auto& row : command_table()) {
    CAPTURE(row.name);
    const std::string name(row.name);
    const std::string schema(row.answer.empty() ? row.output : row.answer);
    REQUIRE_FALSE(schema.empty());
    REQUIRE(node.checks.contains(name));
    for (const auto& property : node.checks[name].unseen(schema)) {
      CAPTURE(property);
      CHECK(rarely_seen.contains(name + property));
    }
  }
}
