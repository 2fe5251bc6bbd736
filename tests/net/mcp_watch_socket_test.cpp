// Rooms as resources of MCP: who watches one, or their list, is told of its changes.

#include <catch2/catch.hpp>

#include "tests/net/mcp_client.hpp"

namespace chat::test {

using namespace std::chrono_literals;

TEST_CASE("whoever watches the list of rooms is told by those who change it", "[net][socket]") {
  node_counters counters;
  const node_context context{.counters = counters};
  http_node node([&](http_config& c) {
    set_user(c);
    c.node = &context;
  });
  const auto begun = node.ask(post("/mcp", rpc_body("initialize", "{}"), json_headers + as("ada")));
  const auto headers =
      json_headers + as("ada") + "Mcp-Session-Id: " + begun.headers.at("mcp-session-id") + "\r\n";
  auto stream = node.connect();
  stream.send(get("/mcp", headers));
  stream.read_until("\r\n\r\n");
  const auto subscribed =
      node.ask(post("/mcp", rpc_body("resources/subscribe", R"({"uri":"chat://rooms"})"), headers));
  CHECK(at(subscribed.body, "/result") == "{}");
  // Of what she may not see she hears nothing: the next update is of the room behind it.
  room_definition secret;
  secret.is_private = true;
  secret.members = {"bob"};
  context.news->tell(secret);
  node.turn();
  node.config.sessions->find(begun.headers.at("mcp-session-id"), "ada")->send("\"before\"");
  context.news->tell(room_definition());
  CHECK(stream.read_until("\n\n") == "event: message\ndata: \"before\"\n\n");
  CHECK(stream.read_until("\n\n").find(R"("uri":"chat://rooms"}})") != std::string::npos);
  CHECK(node.sink.taken() == 0);  // and no command was called for it
  node.ask(post("/mcp", rpc_body("resources/unsubscribe", R"({"uri":"chat://rooms"})"), headers));
  context.news->tell(room_definition());
}

TEST_CASE("rooms are resources, and a change of one is told", "[net][socket]") {
  http_node node;
  node.sink.set(command_sink::mode::keep);
  const mcp_session session(node);
  auto client = node.connect();
  // Answers the next command; says which it was, and with what input.
  const auto serve = [&](std::string data) {
    const auto call = node.sink.next();
    call->answer({R"({"success":true,"data":)" + data + "}", true});
    return call;
  };
  auto stream = session.stream();
  client.send(post("/mcp", rpc_body("resources/subscribe", R"({"uri":"chat://rooms/general"})"),
                   session.headers()));
  serve(R"({"messages":[{"id":"m0000000000000007","text":"x"}],"hasMore":false})");
  CHECK(client.read_answer().body == R"({"jsonrpc":"2.0","id":1,"result":{}})");
  // The parked poll begins where the room ended.
  const auto parked = node.sink.next();
  CHECK(parked->command == "chat-poll");
  CHECK(parked->input->input.text("since") == "m0000000000000007");
  CHECK(parked->input->input.integer("waitMs") == 30'000);
  parked->answer({R"({"success":true,"data":{"lastMessageId":"m0000000000000008"}})", true});
  CHECK(stream.read_until("\n\n") ==
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\","
        "\"params\":{\"uri\":\"chat://rooms/general\"}}\n\n");
  // When the room is gone the client is told to look, once.
  const auto again = node.sink.next();
  CHECK(again->input->input.text("since") == "m0000000000000008");
  again->answer({R"({"success":false,"error":{"code":"ROOM_NOT_FOUND"}})", false});
  stream.read_until("\n\n");

  client.send(post("/mcp", rpc_body("resources/subscribe", R"({"uri":"chat://rooms/secret"})"),
                   session.headers()));
  node.sink.next()->answer({R"({"success":false,"error":{"code":"ROOM_NOT_FOUND"}})", false});
  const auto refused = client.read_answer().body;
  CHECK(at(refused, "/error/code") == "-32002");
  CHECK(text_at(refused, "/error/data/uri") == "chat://rooms/secret");
  CHECK(at(session.call("resources/subscribe", R"({"uri":"file:///x"})").body, "/error/code") ==
        "-32002");
  CHECK(at(session.call("resources/unsubscribe", R"({"uri":"chat://rooms/general"})").body,
           "/result") == "{}");
}

TEST_CASE("one client watches only so much", "[net][socket]") {
  http_node node;
  const mcp_session session(node);
  const auto of = node.config.sessions->find(session.id, "local");
  for (std::size_t i = 0; i < limits::mcp_subscriptions_max; ++i)
    CHECK(of->subscribe(std::to_string(i), nullptr));
  CHECK(of->subscribe("0", nullptr));
  CHECK(!of->subscribe("more", nullptr));
  const auto refused = session.call("resources/subscribe", R"({"uri":"chat://rooms"})").body;
  CHECK(at(refused, "/error/code") == "-32600");
}

}  // namespace chat::test
