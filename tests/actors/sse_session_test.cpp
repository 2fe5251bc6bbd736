// Sessions on event streams: which tokens open them, where they go on, and that the store knows
// what they are.

#include <catch2/catch.hpp>

#include "tests/actors/returning.hpp"

using namespace chat;
using namespace chat::test;

namespace {

// Ada reads an event stream in a room where Bob talks.
struct streaming : test_node {
  explicit streaming(node_options options = {}) : test_node(std::move(options)) {
    bob = join("general", "Bob");
    const auto json =
        call("chat-connect", R"({"roomId":"general","nickname":"Ada","transport":"sse"})");
    token = text_at(json, "/data/credentials/token");
    session_id = text_at(json, "/data/credentials/sessionId");
  }

  void say(const std::string& text) {
    post(bob, text);
    run();
  }
  fake_outbox_ptr open_stream(const std::string& with, std::optional<sequence> since = {},
                              session_transport transport = session_transport::sse) {
    auto out = connect();
    present_token claim{with, "general", out};
    claim.transport = transport;
    claim.since = since;
    caf::anon_send(hub, std::move(claim));
    run();
    return out;
  }
  std::string next_token(const std::string& more = "") {
    return text_at(call("chat-reconnect", R"({"sessionId":")" + session_id + "\"" + more + "}"),
                   "/data/credentials/token");
  }

  fake_outbox_ptr bob;
  std::string token, session_id;
};

}  // namespace

TEST_CASE("a handoff to an event stream names it, now and when it comes back", "[actors]") {
  streaming node;
  const std::string name = R"({"sessionId":")" + node.session_id + "\"}";
  for (const auto& json : {node.call("chat-connect", R"({"roomId":"general","transport":"sse"})"),
                           node.call("chat-reconnect", name)}) {
    CHECK(text_at(json, "/data/protocol") == "sse");
    CHECK(text_at(json, "/data/endpoint") == "http://test/rooms/general/events");
    CHECK(at(json, "/data/metadata/capabilities") ==
          R"(["read-only","text","typing","presence","reactions"])");
    CHECK(text_at(json, "/_agentHints/handoffType") == "sse");
    CHECK(text_at(json, "/_agentHints/nextAction").find("chat-send") != std::string::npos);
  }
  // An agent reads it itself; a WebSocket, or a person's stream, is for others.
  const auto hints = [&](const std::string& more) {
    const auto json = node.call("chat-connect", R"({"roomId":"general")" + more + '}');
    return at(json, "/_agentHints/consumable") + ' ' + at(json, "/_agentHints/delegateToUser");
  };
  CHECK(hints(R"(,"transport":"sse","kind":"agent")") == "true false");
  CHECK(hints(R"(,"transport":"sse")") == "false true");
  CHECK(hints(R"(,"kind":"agent")") == "false true");
  CHECK(node.outcome("chat-connect", R"({"roomId":"general","transport":"smoke"})") ==
        "VALIDATION_ERROR");
}

TEST_CASE("a token opens what it was given for", "[actors]") {
  streaming node;
  const auto socket = node.open("general", "Cy");
  CHECK(node.open_stream(node.token, {}, session_transport::websocket)->closed == 4003);
  CHECK(node.open_stream(socket.token)->closed == 4003);
  CHECK(story(node.open_stream(node.token)) == "welcome");  // neither was spoilt
  CHECK(story(node.present(socket.token, "general")) == "welcome");
}

TEST_CASE("a stream goes on where its client says, whatever the token says", "[actors]") {
  streaming node;
  auto out = node.open_stream(node.token);
  for (const auto* text : {"one", "two", "three"}) node.say(text);
  node.lose(out);
  auto again = node.open_stream(node.next_token(having(1)), 2);
  CHECK(story(again) == "welcome message:three caught_up:3");
  node.lose(again);
  again = node.open_stream(node.next_token(having(3)), 0);
  CHECK(story(again) == "welcome message:one message:two message:three caught_up:3");
}

TEST_CASE("a new session's stream may go on where another one was", "[actors]") {
  streaming node;
  for (const auto* text : {"one", "two"}) node.say(text);
  CHECK(story(node.open_stream(node.token, 1)) == "welcome message:two caught_up:2");
}

TEST_CASE("a stream from a position that the room does not know begins with what both know",
          "[actors]") {
  streaming node;
  auto out = node.open_stream(node.token);
  node.say("one");
  node.lose(out);
  out = node.open_stream(node.next_token(), 7);
  CHECK(story(out) == "welcome history_gap:1-2 caught_up:1");
  CHECK(text_at(out->of_type("history_gap").at(0), "/reason") == "restored");
  node.say("two");
  node.lose(out);
  CHECK(story(node.open_stream(node.next_token())) == "welcome message:two caught_up:2");
}

TEST_CASE("what is replayed counts as missed until the client is known to have it", "[actors]") {
  streaming node;
  for (const auto* text : {"one", "two"}) node.say(text);
  auto out = node.open_stream(node.token, 1);
  node.lose(out);  // in the middle of it
  CHECK(story(node.open_stream(node.next_token())) == "welcome message:two caught_up:2");
}

TEST_CASE("a restart knows which sessions are on event streams", "[actors]") {
  const temporary_directory kept;
  std::string session_id;
  {
    streaming node({.data = kept.path()});
    node.open_stream(node.token);
    node.say("one");
    session_id = node.session_id;
  }
  test_node node({.data = kept.path()});
  const auto json = node.call("chat-reconnect", R"({"sessionId":")" + session_id + "\"}");
  CHECK(text_at(json, "/data/protocol") == "sse");
}
