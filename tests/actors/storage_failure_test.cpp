// The node on a disk that cannot be written, and afterwards.

#include <catch2/catch.hpp>
#include <optional>

#include "tests/actors/test_node.hpp"

using namespace chat;
using namespace chat::test;

namespace {

using strings = std::vector<std::string>;

strings ids(const fake_outbox_ptr& out) {
  strings got;
  for (const auto& f : out->of_type("message")) got.push_back(text_at(f, "/id"));
  return got;
}

const std::string say_hi = R"({"roomId":"general","text":"hi"})";

}  // namespace

TEST_CASE("a message that cannot be stored is refused to its sender and shown to nobody",
          "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  const full_disk full;
  node.post(ada, "lost", "c1");
  node.run();
  CHECK(ada->of_type("error") ==
        strings{R"({"type":"error","message":"The message could not be stored",)"
                R"("code":"STORAGE_UNAVAILABLE","suggestion":)"
                R"("The message was not sent. Send it again in a few seconds",)"
                R"("retryable":true,"clientMessageId":"c1"})"});
  CHECK(ada->receipts == 1);
  CHECK(ids(ada).empty());
  CHECK(ids(bob).empty());
  CHECK(bob->of_type("error").empty());
  CHECK(node.history("general").empty());
}

TEST_CASE("everybody in a batch that cannot be stored is told, once a message", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  auto bob = node.join("general", "Bob");
  const full_disk full;
  for (int i = 0; i < 3; ++i) node.post(ada, "a");
  for (int i = 0; i < 2; ++i) node.post(bob, "b");
  const auto sent = node.start("chat-send", say_hi);
  node.run();
  CHECK(ada->of_type("error").size() == 3);
  CHECK(ada->receipts == 3);
  CHECK(bob->of_type("error").size() == 2);
  CHECK(bob->receipts == 2);
  CHECK(text_at(sent->json, "/error/code") == "STORAGE_UNAVAILABLE");
}

TEST_CASE("a retry under way with a message that cannot be stored gets its receipt too",
          "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  const full_disk full;
  node.post(ada, "a", "c1");
  node.post(ada, "a", "c1");
  node.run();
  CHECK(ada->receipts == 2);
}

TEST_CASE("commands that need the disk fail as retryable while it fails", "[actors]") {
  test_node node;
  const full_disk full;
  // The first finds it out, the second is refused at once.
  for (int i = 0; i < 2; ++i) {
    const auto sent = node.call("chat-send", say_hi);
    CHECK(text_at(sent, "/error/code") == "STORAGE_UNAVAILABLE");
    CHECK(at(sent, "/error/retryable") == "true");
    const auto created = node.call("chat-room-create", R"({"roomId":"new"})");
    CHECK(text_at(created, "/error/code") == "STORAGE_UNAVAILABLE");
    CHECK(at(created, "/error/retryable") == "true");
  }
  CHECK(node.outcome("chat-connect", R"({"roomId":"new"})") == "ROOM_NOT_FOUND");
  CHECK(node.outcome("chat-connect", R"({"roomId":"general"})") == "STORAGE_UNAVAILABLE");
  CHECK(node.outcome("chat-poll", R"({"roomId":"general"})") == "OK");
}

TEST_CASE("the counters tell that the storage fails, and that it no longer does", "[actors]") {
  test_node node;
  CHECK(read(node.counters.storage_failing) == 0);
  {
    const full_disk full;
    node.call("chat-send", say_hi);
    CHECK(read(node.counters.storage_failing) == 1);
    CHECK(at(node.call("node-status"), "/data/storage/failing") == "true");
    node.advance(10 * limits::recover_interval);
    CHECK(read(node.counters.storage_failing) == 1);  // it is still full
  }
  CHECK(read(node.counters.commit_failures) == 1);
  CHECK(read(node.counters.posts_refused) == 1);
  CHECK(read(node.counters.waiting_bytes) == 0);
  node.advance(std::chrono::milliseconds(limits::recover_interval) / 2);
  CHECK(read(node.counters.storage_failing) == 1);
  node.advance(std::chrono::milliseconds(limits::recover_interval) / 2);
  CHECK(read(node.counters.storage_failing) == 0);
  CHECK(at(node.call("node-status"), "/data/storage/failing") == "false");
}

TEST_CASE("when writing works again the room goes on, without what was refused", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  node.post(ada, "before");
  node.run();
  {
    const full_disk full;
    node.post(ada, "lost 1");
    node.run();
    node.post(ada, "lost 2");
    node.run();
  }
  node.advance(limits::recover_interval);
  node.post(ada, "after");
  node.run();
  // Ids refused are never given to another message.
  CHECK(ids(ada) == strings{"m0000000000000001", "m0000000000000004"});
  CHECK(ada->of_type("error").size() == 2);
  CHECK(ada->receipts == 4);
  CHECK(node.history("general") == "Ada: before | Ada: after");
}

TEST_CASE("a refused message may be sent again with its clientMessageId", "[actors]") {
  test_node node;
  auto ada = node.join("general", "Ada");
  {
    const full_disk full;
    node.post(ada, "hi", "c1");
    node.run();
  }
  node.advance(limits::recover_interval);
  node.post(ada, "hi", "c1");
  node.run();
  CHECK(ids(ada) == strings{"m0000000000000002"});
  CHECK(node.history("general") == "Ada: hi");
}

TEST_CASE("what was refused is not there after a restart either", "[actors]") {
  temporary_directory data;
  {
    test_node node({.data = data.path()});
    node.call("chat-send", R"({"roomId":"general","text":"before"})");
    std::optional<full_disk> full(std::in_place);
    node.call("chat-send", R"({"roomId":"general","text":"lost"})");
    node.call("chat-room-create", R"({"roomId":"lost"})");
    full.reset();
    node.advance(limits::recover_interval);
    node.call("chat-send", R"({"roomId":"general","text":"after"})");
  }
  test_node node({.data = data.path()});
  CHECK(node.history("general") == "Agent: before | Agent: after");
  CHECK(node.outcome("chat-poll", R"({"roomId":"lost"})") == "ROOM_NOT_FOUND");
}
