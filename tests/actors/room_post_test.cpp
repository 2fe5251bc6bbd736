// The way of a message through its room: order, exactly once, one block a commit, retries.

#include <catch2/catch.hpp>
#include <map>

#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

using strings = std::vector<std::string>;

/// "id text" of every message a connection got.
strings messages(const fake_outbox_ptr& out) {
  strings got;
  for (const auto& f : out->of_type("message"))
    got.push_back(text_at(f, "/id") + ' ' + text_at(f, "/text"));
  return got;
}

/// "id text" of every message a poll finds, page by page.
strings polled(test_node& node, const std::string& room) {
  strings got;
  std::string since;
  for (;;) {
    const auto page = node.call("chat-poll", R"({"roomId":")" + room + "\"" + since + "}");
    for (int i = 0;; ++i) {
      const auto m = "/data/messages/" + std::to_string(i);
      if (at(page, m) == "absent") break;
      got.push_back(text_at(page, m + "/id") + ' ' + text_at(page, m + "/text"));
    }
    if (at(page, "/data/hasMore") != "true") return got;
    since = R"(,"since":)" + at(page, "/data/lastMessageId");
  }
}

std::string send_input(const std::string& text, const std::string& client_id) {
  return R"({"roomId":"general","text":")" + text + R"(","clientMessageId":")" + client_id + "\"}";
}

}  // namespace

TEST_CASE("a message reaches everybody once it is committed, in one delivery", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  const auto before = bob->sends;
  for (int i = 0; i < 5; ++i) node.post(ada, "text " + std::to_string(i));
  node.run();
  const auto got = bob->of_type("message");
  REQUIRE(got.size() == 5);
  CHECK(got == ada->of_type("message"));
  CHECK(masked(got[0]) == R"({"type":"message","id":"m0000000000000001","sender":"Ada",)"
                          R"("text":"text 0","timestamp":T})");
  CHECK(ada->receipts == 5);
  CHECK(bob->receipts == 0);
  CHECK(bob->sends - before == 1);
}

TEST_CASE("20 senders and 50 members on two loops see one order, each message once", "[actors]") {
  test_node node;
  fake_lane lanes[2];
  for (auto& l : lanes) l.storage = node.storage;
  std::vector<fake_outbox_ptr> members;
  for (int i = 0; i < 50; ++i)
    members.push_back(node.join("general", "guest " + std::to_string(i), lanes[i % 2]));
  const int deliveries[] = {lanes[0].deliveries, lanes[1].deliveries};
  const auto commits = read(node.counters.commits);

  for (int round = 0; round < 10; ++round) {
    for (std::size_t sender = 0; sender < 20; ++sender)
      node.post(members[sender], std::to_string(sender) + "." + std::to_string(round));
    lanes[0].holds = true;
    node.run();
    if (round % 3 == 0) continue;  // it gathers, and goes with the next one
    lanes[0].release();
    node.run();
  }
  lanes[0].release();
  node.run();

  const auto seen = messages(members[0]);
  REQUIRE(seen.size() == 200);
  for (const auto& m : members) CHECK(messages(m) == seen);
  CHECK(polled(node, "general") == seen);
  // Ids ascend without gap, and each sender's own messages come as it sent them.
  std::map<std::string, int> next;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(parse_message_id(seen[i].substr(0, 17)) == i + 1);
    const auto dot = seen[i].find('.');
    CHECK(seen[i].substr(dot + 1) == std::to_string(next[seen[i].substr(18, dot - 18)]++));
  }
  for (std::size_t i = 0; i < 50; ++i) CHECK(members[i]->receipts == (i < 20 ? 10u : 0u));
  // Each loop was handed each commit once, whatever it held.
  const auto batches = static_cast<int>(read(node.counters.commits) - commits);
  CHECK(batches == 7);  // 0 and 1, 2, 3 and 4, 5, 6 and 7, 8, 9
  CHECK(lanes[0].deliveries - deliveries[0] == batches);
  CHECK(lanes[1].deliveries - deliveries[1] == batches);
}

TEST_CASE("nothing is shown before it is committed", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.post(ada, "one");
  node.run();
  node.post(ada, "two");
  node.run_within_turn();  // accepted, not committed
  CHECK(messages(ada) == strings{"m0000000000000001 one"});
  CHECK(ada->receipts == 1);
  node.run();
  CHECK(messages(ada) == strings{"m0000000000000001 one", "m0000000000000002 two"});
  CHECK(ada->receipts == 2);
}

TEST_CASE("a joiner gets what is committed after its welcome, and nothing is missing between",
          "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  const auto bob = node.open("general", "Bob");
  node.post(ada, "one");
  node.run();
  node.post(ada, "two");
  node.run_within_turn();  // accepted, not committed
  auto late = node.connect();
  caf::anon_send(node.hub, present_token{bob.token, "general", late});
  node.run_within_turn();
  node.post(ada, "three");
  node.run();
  CHECK(text_at(late->frames.at(0), "/lastMessageId") == "m0000000000000001");
  CHECK(messages(late) == strings{"m0000000000000002 two", "m0000000000000003 three"});
}

TEST_CASE("a message of somebody who left before the commit still reaches the others", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "warm-up");
  node.run();
  node.post(ada, "bye", "c1");
  node.run_within_turn();
  ada->gone = true;
  caf::anon_send(ada->session, connection_lost{ada});
  node.run_within_turn();
  node.run();
  CHECK(messages(bob).back() == "m0000000000000002 bye");
  CHECK(messages(ada).size() == 1);
}

TEST_CASE("the clientMessageId goes to the sender only", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  const auto say = [&](const fake_outbox_ptr& who, const char* text, const char* id) {
    node.post(who, text, id);
    node.run_within_turn();
  };
  say(ada, "first of a block, without an id", "");
  say(ada, "one", "c0");
  say(ada, "two", "c1");
  say(bob, "between", "");
  say(ada, "behind", "c2");
  say(ada, "next to it", "c3");
  say(bob, "last", "");
  node.run();
  strings own;
  for (const auto& f : ada->of_type("message")) own.push_back(text_at(f, "/clientMessageId"));
  CHECK(own == strings{"absent", "c0", "c1", "absent", "c2", "c3", "absent"});
  for (const auto& f : bob->of_type("message")) CHECK(at(f, "/clientMessageId") == "absent");
  CHECK(messages(ada) == messages(bob));
}

TEST_CASE("a post retried before its commit is stored once", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hi", "c1");
  node.post(ada, "hi", "c1");
  node.post(ada, "hi", "c1");
  node.run();
  CHECK(messages(bob) == strings{"m0000000000000001 hi"});
  CHECK(messages(ada) == strings{"m0000000000000001 hi"});
  CHECK(ada->receipts == 3);
  CHECK(node.history("general") == "Ada: hi");
}

TEST_CASE("a post retried after its commit is answered again, to its sender only", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hi", "c1");
  node.run();
  node.post(ada, "hi", "c1");
  node.run();
  CHECK(messages(bob) == strings{"m0000000000000001 hi"});
  const auto got = ada->of_type("message");
  REQUIRE(got.size() == 2);
  CHECK(got[0] == got[1]);
  CHECK(ada->receipts == 2);
  CHECK(node.history("general") == "Ada: hi");
}

TEST_CASE("a clientMessageId used for another text is refused", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.post(ada, "hi", "c1");
  node.run();
  node.post(ada, "ho", "c1");
  node.run();
  CHECK(ada->of_type("error") ==
        strings{R"({"type":"error","message":"clientMessageId was used before for another text",)"
                R"("code":"DUPLICATE_CONFLICT","suggestion":)"
                R"("Give every new message a clientMessageId of its own",)"
                R"("clientMessageId":"c1"})"});
  CHECK(ada->receipts == 2);
  CHECK(node.history("general") == "Ada: hi");
}

TEST_CASE("two people may use the same clientMessageId", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  node.post(ada, "hi", "c1");
  node.post(bob, "ho", "c1");
  node.run();
  CHECK(node.history("general") == "Ada: hi | Bob: ho");
  CHECK(bob->of_type("error").empty());
}

TEST_CASE("chat-send retried with its clientMessageId is stored once", "[actors]") {
  test_node node;
  const auto first = node.call("chat-send", send_input("hi", "c1"));
  const auto again = node.call("chat-send", send_input("hi", "c1"));
  CHECK(at(again, "/data") == at(first, "/data"));
  CHECK(node.outcome("chat-send", send_input("ho", "c1")) == "DUPLICATE_CONFLICT");
  CHECK(node.history("general") == "Agent: hi");
}

TEST_CASE("chat-send retried before its commit is told to wait", "[actors]") {
  test_node node;
  const auto first = node.start("chat-send", send_input("hi", "c1"));
  const auto again = node.start("chat-send", send_input("hi", "c1"));
  node.run();
  CHECK(at(first->json, "/success") == "true");
  CHECK(text_at(again->json, "/error/code") == "OVERLOADED");
  CHECK(at(again->json, "/error/retryable") == "true");
  CHECK(node.history("general") == "Agent: hi");
}

TEST_CASE("a retry is recognized after a restart", "[actors]") {
  temporary_directory data;
  std::string first;
  {
    test_node node({.data = data.path()});
    first = at(node.call("chat-send", send_input("hi", "c1")), "/data");
  }
  test_node node({.data = data.path()});
  CHECK(at(node.call("chat-send", send_input("hi", "c1")), "/data") == first);
  CHECK(node.history("general") == "Agent: hi");
}

TEST_CASE("a room goes on after a restart where it was", "[actors]") {
  temporary_directory data;
  {
    test_node node({.data = data.path()});
    node.call("chat-send", R"({"roomId":"general","text":"one"})");
    node.call("chat-send", R"({"roomId":"general","text":"two"})");
  }
  test_node node({.data = data.path()});
  auto ada = node.join("general", "Ada");
  CHECK(text_at(ada->frames.at(0), "/lastMessageId") == "m0000000000000002");
  node.post(ada, "three");
  node.run();
  CHECK(messages(ada).at(0) > "m0000000000000002");
  CHECK(node.history("general") == "Agent: one | Agent: two | Ada: three");
}

TEST_CASE("chat-send reaches sockets as any other message", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.call("chat-send", R"({"roomId":"general","text":"from an agent","clientMessageId":"c"})");
  CHECK(masked(ada->frames.back()) ==
        R"({"type":"message","id":"m0000000000000001","sender":"Agent","text":"from an agent",)"
        R"("timestamp":T})");
}

TEST_CASE("rooms do not hear each other", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("tiny", "Bob");
  node.post(ada, "in general");
  node.post(bob, "in tiny");
  node.run();
  CHECK(messages(ada) == strings{"m0000000000000001 in general"});
  CHECK(messages(bob) == strings{"m0000000000000001 in tiny"});
}

TEST_CASE("posts of all rooms that wait for the disk are bounded together", "[actors]") {
  test_node node({.rooms = {{"one", "", "", 9, 0}, {"two", "", "", 9, 0}}});
  auto ada = node.join("one", "Ada");
  auto bob = node.join("two", "Bob");
  node.counters.waiting_bytes = limits::waiting_bytes_max - 1'000;
  node.post(ada, std::string(600, 'a'));
  node.run_within_turn();
  node.post(bob, std::string(600, 'b'));
  node.run_within_turn();
  CHECK(ada->of_type("error").empty());
  REQUIRE(bob->of_type("error").size() == 1);
  CHECK(text_at(bob->of_type("error")[0], "/code") == "OVERLOADED");
  CHECK(bob->receipts == 1);
  // What was committed makes room again.
  node.run();
  node.post(bob, std::string(600, 'b'));
  node.run();
  CHECK(bob->of_type("message").size() == 1);
  CHECK(read(node.counters.waiting_bytes) == limits::waiting_bytes_max - 1'000);
}

TEST_CASE("many long posts at once are published in parts that fit into an outbox", "[actors]") {
  test_node node;
  std::vector<fake_outbox_ptr> members;
  for (int i = 0; i < 9; ++i) members.push_back(node.join("general", std::to_string(i)));
  // Each byte of them is escaped with six.
  for (std::uint32_t i = 0; i < limits::inflight_max; ++i)
    for (const auto& m : members) node.post(m, std::string(limits::text_units_max, '\1'));
  node.run();
  const std::size_t said = 9 * limits::inflight_max;
  for (const auto& m : members) {
    CHECK(m->of_type("message").size() == said);
    CHECK(m->largest <= limits::publish_bytes_max);
    CHECK(m->receipts == limits::inflight_max);
  }
  CHECK(messages(members[0]) == messages(members[8]));
}
