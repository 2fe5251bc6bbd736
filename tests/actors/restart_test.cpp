// Sessions and tokens across a restart of the node, and while the disk fails.

#include <catch2/catch.hpp>

#include "tests/actors/returning.hpp"

using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

struct stored_somewhere {
  temporary_directory directory;
  node_options options() { return {.data = directory.path()}; }
};

}  // namespace

TEST_CASE("a session outlives its node", "[actors]") {
  stored_somewhere store;
  test_node::credentials ada, pending, closed;
  {
    returning node(store.options());
    ada = node.ada;
    pending = node.open("general", "Pat");
    closed = node.open("general", "Cleo");
    node.say("one");
    node.call("chat-disconnect", R"({"sessionId":")" + closed.session_id + "\"}");
  }  // without a word to the session: as killed
  test_node node({.rooms = {{"general", "General", "", 100, 0}}, .data = store.directory.path()});
  const auto by = [](const std::string& id) { return R"({"sessionId":")" + id + "\"}"; };
  CHECK(node.state_of(ada.session_id) == "disconnected");
  CHECK(text_at(node.call("chat-status", by(ada.session_id)), "/data/endedBy") == "restart");
  CHECK(node.state_of(pending.session_id) == "pending");
  CHECK(node.state_of(closed.session_id) == "closed");
  CHECK(node.present(ada.token, "general")->closed == 4001);  // used before
  CHECK(node.present(closed.token, "general")->closed == 4006);
  CHECK(node.present(pending.token, "general")->closed == 0);
  CHECK(node.outcome("chat-status", by(ada.session_id), user("eve", "Eve")) == "FORBIDDEN");
  const auto json = node.call("chat-reconnect", by(ada.session_id));
  auto again = node.present(text_at(json, "/data/credentials/token"), "general");
  CHECK(story(again) == "welcome message:one caught_up:1");
}

TEST_CASE("who was in a private room by scope alone still is after a restart", "[actors]") {
  stored_somewhere store;
  const auto may_all = [](const char* id) { return user(id, id, scope::admin); };
  test_node::credentials op;
  {
    test_node node(store.options());
    node.call("chat-room-create", R"({"roomId":"team","visibility":"private","members":["ada"]})",
              may_all("boss"));
    op = node.open("team", "Op", may_all("op"));
  }
  test_node node(store.options());
  const auto json =
      node.call("chat-status", R"({"sessionId":")" + op.session_id + "\"}", may_all("op"));
  CHECK(text_at(json, "/data/state") == "pending");
  CHECK(node.present(op.token, "team")->closed == 0);
}

TEST_CASE("a session that ended is forgotten by the store too", "[actors]") {
  stored_somewhere store;
  {
    returning node(store.options());
    node.call("chat-disconnect", R"({"sessionId":")" + node.ada.session_id + "\"}");
    CHECK(node.db->sessions().value().size() == 2);
    for (int i = 0; i < 602; ++i) node.advance(1s);
    node.run();
    CHECK(node.db->sessions().value().size() == 1);
  }
  test_node node(store.options());
  CHECK(at(node.call("node-status"), "/data/sessions/closed") == "0");
}

TEST_CASE("a token is not used while that cannot be stored", "[actors]") {
  returning node;
  const auto cy = node.open("general", "Cy");
  {
    const full_disk full;
    CHECK(node.present(cy.token, "general")->closed == 1011);
    CHECK(node.outcome("chat-connect", R"({"roomId":"general"})") == "STORAGE_UNAVAILABLE");
  }
  for (int i = 0; i < 3; ++i) node.advance(1s);
  CHECK(node.present(cy.token, "general")->closed == 0);
}
