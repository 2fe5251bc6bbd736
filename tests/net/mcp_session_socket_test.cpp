// POST, GET and DELETE /mcp with sessions (2025-03-26 to 2025-11-25).

#include <catch2/catch.hpp>

#include "tests/net/mcp_client.hpp"

namespace chat::test {

using namespace std::chrono_literals;

namespace {

void set_user(http_config& c) {
  c.authenticate = [](std::string_view authorization, const std::string& peer) {
    return result<caller>(caller{.user_id = std::string(authorization), .address = peer});
  };
}

std::string as(std::string_view user) { return "Authorization: " + std::string(user) + "\r\n"; }

}  // namespace

TEST_CASE("initialize at /mcp begins a session", "[net][socket]") {
  http_node node;
  for (const std::string version : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
    CHECK(text_at(mcp_session(node, version).result, "/result/protocolVersion") == version);
  const mcp_session session(node, "1999-01-01");
  CHECK(text_at(session.result, "/result/protocolVersion") == "2025-11-25");
  CHECK(at(session.result, "/result/capabilities") ==
        R"({"tools":{},"resources":{"subscribe":true},"prompts":{},"completions":{}})");
  CHECK(session.id.size() == 32);
  CHECK(session.call("notifications/initialized", "", "").status == 202);
  CHECK(session.call("ping").body == R"({"jsonrpc":"2.0","id":1,"result":{}})");
  CHECK(keys(session.call("tools/list").body, "/result") == "tools");
  const auto called = session.call("tools/call", R"({"name":"chat-rooms"})");
  CHECK(called.headers.at("content-type") == "application/json");
  CHECK(at(called.body, "/result/isError") == "false");
  CHECK(node.config.sessions->size() == 5);
}

TEST_CASE("a session ends by DELETE, then it is 404", "[net][socket]") {
  http_node node;
  const mcp_session session(node);
  auto stream = session.stream();
  CHECK(session.end().status == 204);
  CHECK(stream.read_to_end().empty());
  CHECK(session.call("ping").status == 404);
  CHECK(session.end().status == 404);
  CHECK(node.ask(get("/mcp", session.headers())).status == 404);
  CHECK(node.config.sessions->size() == 0);
}

TEST_CASE("what does not belong to a session is refused", "[net][socket]") {
  http_node node;
  const mcp_session session(node);
  const auto ask = [&](std::string_view headers, std::string_view body) {
    return node.ask(post("/mcp", body, json_headers + std::string(headers)));
  };
  const auto ping = rpc_body("ping");
  const auto mine = "Mcp-Session-Id: " + session.id + "\r\n";
  CHECK(ask("", ping).status == 400);
  CHECK(ask("Mcp-Session-Id: x\r\n", ping).status == 404);
  CHECK(ask(mine + "MCP-Protocol-Version: 2025-06-18\r\n", ping).status == 200);
  CHECK(ask("MCP-Protocol-Version: 2025-06-18\r\n", ping).status == 400);
  CHECK(ask(mine + "MCP-Protocol-Version: 1.0\r\n", ping).status == 400);
  CHECK(ask(mine, "{").status == 400);
  CHECK(ask(mine, "[" + ping + "]").status == 400);
  CHECK(ask(mine, R"({"jsonrpc":"2.0","id":"ask-1","result":{}})").status == 202);
  CHECK(at(ask(mine, rpc_body("server/discover")).body, "/error/code") == "-32601");
  CHECK(node.ask(get("/mcp")).status == 405);
  CHECK(node.ask(get("/mcp", mine + "Accept: text/html\r\n")).status == 406);
  CHECK(node.ask(post("/mcp", ping, mine + "Accept: text/html\r\n")).status == 406);
  CHECK(node.ask(post("/message?sessionId=" + session.id, ping)).status == 404);
  for (const auto& bad : {ask("", ping), ask("Mcp-Session-Id: x\r\n", ping)}) {
    CHECK(at(bad.body, "/id") == "1");
    CHECK(text_at(bad.body, "/error/data/suggestion") != "absent");
  }
}

TEST_CASE("a session is its user's alone", "[net][socket]") {
  http_node node(set_user);
  const auto begin = [&](std::string_view user) {
    return node.ask(post("/mcp", rpc_body("initialize", "{}"), json_headers + as(user)))
        .headers.at("mcp-session-id");
  };
  const auto id = begin("ada");
  const auto status = [&](std::string_view user) {
    return node
        .ask(post("/mcp", rpc_body("ping"),
                  json_headers + as(user) + "Mcp-Session-Id: " + id + "\r\n"))
        .status;
  };
  CHECK(status("ada") == 200);
  CHECK(status("bob") == 404);
}

TEST_CASE("there are only so many sessions, and none stays for ever", "[net][socket]") {
  http_node node([](http_config& c) {
    set_user(c);
    c.sessions = std::make_shared<mcp::sessions>(mcp::session_bounds{.sessions = 3, .of_user = 2});
  });
  auto& all = *node.config.sessions;
  const auto open = [&](const char* user) {
    return all.open(user, mcp::session::kind::streamable);
  };
  const auto first = open("ada");
  const auto second = open("ada");
  CHECK(all.find(first->id, "ada"));
  const auto third = open("ada");  // the second was idle longest
  CHECK(all.find(first->id, "ada"));
  CHECK(!all.find(second->id, "ada"));
  CHECK(open("bob"));
  CHECK(!open("eve"));
  const auto refused =
      node.ask(post("/mcp", rpc_body("initialize", "{}"), json_headers + as("eve")));
  CHECK(refused.status == 503);
  CHECK(all.size() == 3);

  // Those with a stream or a call under way go last.
  const auto used = all.use(all.find(first->id, "ada"));
  const auto fourth = open("ada");
  CHECK(all.find(first->id, "ada"));
  CHECK(!all.find(third->id, "ada"));
  const auto also_used = all.use(fourth);
  CHECK(open("ada"));
  CHECK(!all.find(fourth->id, "ada"));  // all are in use: asked longest ago
  CHECK(all.find(first->id, "ada"));

  const auto idle = std::make_shared<mcp::sessions>(mcp::session_bounds{.idle_timeout = 0ms});
  const auto gone = idle->open("ada", mcp::session::kind::streamable);
  CHECK(!idle->find(gone->id, "ada"));
  idle->open("ada", mcp::session::kind::streamable);
  idle->open("bob", mcp::session::kind::streamable);
  CHECK(idle->size() == 1);
}

TEST_CASE("the time of a session begins anew when its last stream or call ends", "[net][socket]") {
  auto now = std::chrono::steady_clock::now();
  const auto all = std::make_shared<mcp::sessions>(
      mcp::session_bounds{.idle_timeout = 30min, .now = [&] { return now; }});
  const auto session = all->open("ada", mcp::session::kind::streamable);
  auto listens = all->use(session);
  now += 40min;
  all->open("bob", mcp::session::kind::streamable);  // looks for those that are idle
  listens.reset();
  now += 29min;
  all->open("bob", mcp::session::kind::streamable);
  CHECK(all->find(session->id, "ada"));
  now += 30min;
  CHECK(!all->find(session->id, "ada"));
}

TEST_CASE("nothing waits for a call that is cancelled or whose client hangs up", "[net][socket]") {
  http_node node;
  node.sink.set(command_sink::mode::keep);
  const auto poll = R"({"name":"chat-poll","arguments":{"roomId":"general","waitMs":25000}})";
  const auto cancelled = [](std::string_view id) {
    return R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
           std::string(id) + "}}";
  };
  SECTION("cancelled in its session, and no other call") {
    const mcp_session session(node);
    auto client = node.connect();
    client.send(post("/mcp", rpc_body("tools/call", poll, R"("a")"), session.headers()));
    const auto call = node.sink.next();
    node.ask(post("/mcp", cancelled("1"), session.headers()));
    CHECK_FALSE(call->still_wanted->is_lost());
    CHECK(node.ask(post("/mcp", cancelled(R"("a")"), session.headers())).status == 202);
    CHECK(call->still_wanted->is_lost());
    call->answer({"{}", true});
    CHECK(client.read_answer().status == 200);
  }
  SECTION("hung up, at every door") {
    const std::string plain = R"({"jsonrpc":"2.0","id":1,"method":"chat-poll"})";
    for (const auto& request :
         {post("/mcp", rpc_body("tools/call", poll), mcp_session(node).headers()),
          stateless("tools/call", R"("name":"chat-poll")", "chat-poll"),
          post("/message", rpc_body("tools/call", poll)), post("/rpc", plain),
          post("/rpc", "[" + plain + "]"), post("/batch", R"({"commands":[]})"),
          post("/stream/chat-poll", "{}")}) {
      CAPTURE(request);
      auto client = node.connect();
      client.send(request);
      const auto call = node.sink.next();
      CHECK_FALSE(call->still_wanted->is_lost());
      client.close();
      CHECK(node.becomes([&] { return call->still_wanted->is_lost(); }));
      call->answer({"{}", true});
    }
  }
  SECTION("who only sends no more still gets the answer") {
    auto client = node.connect();
    client.send(rpc("1"));
    const auto call = node.sink.next();
    client.shutdown_send();
    CHECK(node.becomes([&] { return call->still_wanted->is_lost(); }));
    call->answer({R"({"n":1})", true});
    CHECK(client.read_answer().body == R"({"jsonrpc":"2.0","id":1,"result":{"n":1}})");
  }
}

TEST_CASE("a waiting call tells of its progress when it is asked to", "[net][socket]") {
  http_node node([](http_config& c) { c.progress_interval = 10ms; });
  node.sink.set(command_sink::mode::keep);
  const mcp_session session(node);
  auto client = node.connect();
  client.send(post("/mcp",
                   rpc_body("tools/call", R"({"name":"chat-poll","_meta":{"progressToken":"p"}})"),
                   session.headers()));
  const auto call = node.sink.next();
  for (int i = 0; i < 2; ++i)
    CHECK(client.read_until("\n\n").find(R"("progressToken":"p","progress":)") !=
          std::string::npos);
  call->answer({R"({"n":1})", true});
  client.read_until(R"("structuredContent":{"n":1})");
}

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

TEST_CASE("messages wait for the session's stream; the newest stream gets them", "[net][socket]") {
  http_node node;
  const mcp_session session(node);
  const auto of = node.config.sessions->find(session.id, "local");
  for (std::size_t i = 0; i <= limits::mcp_held_messages_max; ++i) of->send(std::to_string(i));
  auto first = session.stream();
  for (std::size_t i = 1; i <= limits::mcp_held_messages_max; ++i)
    CHECK(first.read_until("\n\n") == "event: message\ndata: " + std::to_string(i) + "\n\n");
  auto second = session.stream();
  CHECK(first.read_to_end().empty());
  of->send("\"more\"");
  CHECK(second.read_until("\n\n") == "event: message\ndata: \"more\"\n\n");
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
