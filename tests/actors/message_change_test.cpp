// chat-edit and chat-delete: who sees what, live, by polling, and of what was said long ago.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "tests/actors/returning.hpp"

namespace chat::test {

namespace {

std::string of(sequence seq, const std::string& more = "") {
  return R"({"roomId":"general","messageId":")" + format_message_id(seq) + '"' + more + '}';
}
std::string to(const std::string& text) { return R"(,"text":")" + text + '"'; }

// "1:one 2:TWO* 3:- |4 edited 2:TWO|5 deleted 3": messages as they are now, then the changes.
std::string polled_changes(test_node& node, const std::string& more = "") {
  const auto json = node.call("chat-poll", R"({"roomId":"general")" + more + '}');
  const auto number = [&](const std::string& path) {
    return std::to_string(parse_message_id(text_at(json, path)).value_or(0));
  };
  std::string out;
  for (int i = 0; at(json, "/data/messages/" + std::to_string(i)) != "absent"; ++i) {
    const auto m = "/data/messages/" + std::to_string(i);
    if (i > 0) out += ' ';
    out += number(m + "/id") + ':' + text_at(json, m + "/text");
    if (at(json, m + "/deleted") == "true") out += '-';
    if (at(json, m + "/editedAt") != "absent") out += '*';
  }
  for (int i = 0; at(json, "/data/changes/" + std::to_string(i)) != "absent"; ++i) {
    const auto c = "/data/changes/" + std::to_string(i);
    out += '|' + number(c + "/id") + ' ' + text_at(json, c + "/change") + ' ' +
           number(c + "/messageId");
    if (at(json, c + "/text") != "absent") out += ':' + text_at(json, c + "/text");
  }
  return out;
}

void grow_idle(test_node& node) {
  node.advance(limits::room_idle_timeout);
  node.advance(limits::room_idle_timeout);
}

}  // namespace

TEST_CASE("edits and deletions are told live and read ever after", "[actors]") {
  returning node;
  node.say("one");
  node.say("two");
  node.say("three");
  const auto seen = node.out->frames.size();
  const auto json = node.call("chat-edit", of(2, to("TWO")));
  CHECK(text_at(json, "/data/changeId") == format_message_id(4));
  CHECK(text_at(json, "/undoCommand") == "chat-edit");
  CHECK(text_at(json, "/undoArgs/text") == "two");
  node.call("chat-delete", of(3));
  REQUIRE(node.out->frames.size() == seen + 2);
  const auto& edited = node.out->frames[seen];
  CHECK(text_at(edited, "/type") == "message_edited");
  CHECK(text_at(edited, "/id") == format_message_id(4));
  CHECK(text_at(edited, "/messageId") == format_message_id(2));
  CHECK(text_at(edited, "/text") == "TWO");
  CHECK(text_at(edited, "/by") == "Bob");
  const auto& deleted = node.out->frames[seen + 1];
  CHECK(text_at(deleted, "/type") == "message_deleted");
  CHECK(text_at(deleted, "/messageId") == format_message_id(3));
  CHECK(at(deleted, "/text") == "absent");
  // From the tail, and from the store.
  for (const bool idle : {false, true}) {
    CAPTURE(idle);
    if (idle) grow_idle(node);
    CHECK(polled_changes(node) == "1:one 2:TWO* 3:-|4 edited 2:TWO|5 deleted 3");
    CHECK(polled_changes(node, R"(,"since":")" + format_message_id(4) + '"') == "|5 deleted 3");
    const auto page = node.call("chat-history", R"({"roomId":"general","limit":3})");
    CHECK(text_at(page, "/data/messages/0/id") == format_message_id(1));
    CHECK(text_at(page, "/data/messages/2/id") == format_message_id(3));
    CHECK(at(page, "/data/messages/3") == "absent");
    CHECK(text_at(page, "/reasoning") == "3 message(s)");
    CHECK(text_at(page, "/data/newestMessageId") == format_message_id(5));
  }
}

TEST_CASE("a poll counts messages and changes each for itself", "[actors]") {
  returning node;
  node.say("one");
  node.say("two");
  const auto polled = [&](const std::string& more = "") {
    const auto json = node.call("chat-poll", R"({"roomId":"general")" + more + '}');
    return text_at(json, "/reasoning") + " / " + text_at(json, "/_agentHints/nextAction");
  };
  CHECK(polled().find("Retrieved 2 message(s) / Process 2 messages. Poll again") == 0);
  node.call("chat-edit", of(1, to("uno")));
  node.call("chat-edit", of(1, to("un")));  // of the first edit there is nothing to tell any more
  CHECK(polled().find(
            "Retrieved 2 message(s) and 1 change(s) / Process 2 messages and 1 changes.") == 0);
  CHECK(polled(R"(,"since":")" + format_message_id(2) + '"')
            .find("Retrieved 1 change(s) / Process 1 changes.") == 0);
}

TEST_CASE("of several edits the last one counts", "[actors]") {
  returning node;
  node.say("one");
  const bool idle = GENERATE(false, true);
  for (const auto* text : {"uno", "eins", "un"}) {
    if (idle) grow_idle(node);
    CHECK(node.outcome("chat-edit", of(1, to(text))) == "OK");
  }
  CHECK(polled_changes(node) == "1:un*|4 edited 1:un");
  if (idle) grow_idle(node);
  CHECK(node.outcome("chat-delete", of(1)) == "OK");
  CHECK(polled_changes(node) == "1:-|5 deleted 1");
  grow_idle(node);
  CHECK(polled_changes(node) == "1:-|5 deleted 1");
}

TEST_CASE("a deleted or overwritten text is told to nobody, however long ago it was said",
          "[actors]") {
  returning node;
  node.say("one");
  node.say("two");
  const bool idle = GENERATE(false, true);
  if (idle) grow_idle(node);  // they are not in the room's tail any more, the changes are
  node.lose(node.out);
  node.call("chat-edit", of(1, to("secret once")));
  node.call("chat-edit", of(1, to("secret twice")));
  node.call("chat-delete", of(1));
  node.call("chat-edit", of(2, to("secret thrice")));
  node.call("chat-edit", of(2, to("Two")));
  const auto since = R"(,"since":")" + format_message_id(2) + '"';
  CHECK(polled_changes(node, since) == "|5 deleted 1|7 edited 2:Two");
  CHECK(node.call("chat-poll", R"({"roomId":"general")" + since + '}').find("secret") ==
        std::string::npos);
  const auto again = node.come_back(having(2));
  CHECK(again->of_type("message_deleted").size() == 1);
  for (const auto& f : again->frames) CHECK(f.find("secret") == std::string::npos);
}

TEST_CASE("whoever comes back is told of changes, too", "[actors]") {
  returning node;
  node.say("one");
  node.say("two");
  node.lose(node.out);
  node.say("three");
  node.say("four");
  node.call("chat-edit", of(1, to("ONE")));
  node.call("chat-delete", of(3));
  node.call("chat-edit", of(4, to("4")));
  node.call("chat-edit", of(4, to("FOUR")));
  const auto again = node.come_back(having(2));
  CHECK(story(again) ==
        "welcome message:FOUR message_edited message_deleted message_edited caught_up:8");
}

TEST_CASE("only one's own messages change, but for admins", "[actors]") {
  returning node;
  node.say("one");
  const auto eve = user("eve", "Eve", scope::write);
  node.call("chat-send", R"({"roomId":"general","text":"mine"})", eve);
  CHECK(node.outcome("chat-edit", of(1, to("ha")), eve) == "FORBIDDEN");
  CHECK(node.outcome("chat-delete", of(1), eve) == "FORBIDDEN");
  CHECK(node.outcome("chat-edit", of(2, to("still mine")), eve) == "OK");
  CHECK(node.outcome("chat-delete", of(2), user("ada", "Ada", scope::write)) == "FORBIDDEN");
  CHECK(node.outcome("chat-delete", of(2), user("root", "Root", scope::admin)) == "OK");
  CHECK(polled_changes(node) == "1:one 2:-|4 deleted 2");
  CHECK(text_at(node.out->frames.back(), "/by") == "Root");
}

TEST_CASE("what is no message, or none any more, is not found", "[actors]") {
  returning node;
  node.say("one");
  CHECK(node.outcome("chat-edit", of(2, to("x"))) == "MESSAGE_NOT_FOUND");
  CHECK(node.outcome("chat-edit", R"({"roomId":"general","messageId":"?","text":"x"})") ==
        "MESSAGE_NOT_FOUND");
  CHECK(node.outcome("chat-delete", of(0)) == "MESSAGE_NOT_FOUND");
  CHECK(node.outcome("chat-edit", of(1, to("ONE"))) == "OK");
  CHECK(node.outcome("chat-edit", of(2, to("x"))) == "MESSAGE_NOT_FOUND");  // a change is none
  CHECK(node.outcome("chat-delete", of(1)) == "OK");
  CHECK(node.outcome("chat-edit", of(1, to("x"))) == "MESSAGE_NOT_FOUND");
  CHECK(node.outcome("chat-delete", of(1)) == "MESSAGE_NOT_FOUND");
  CHECK(node.outcome("chat-edit", of(1, to(""))) == "VALIDATION_ERROR");
  CHECK(node.outcome("chat-edit", R"({"roomId":"nowhere","messageId":"m1","text":"x"})") ==
        "ROOM_NOT_FOUND");
}

TEST_CASE("one change of a message at a time", "[actors]") {
  returning node;
  node.say("one");
  const auto first = node.start("chat-edit", of(1, to("first")));
  const auto second = node.start("chat-edit", of(1, to("second")));
  node.run();
  CHECK(at(first->json, "/success") == "true");
  CHECK(text_at(second->json, "/error/code") == "OVERLOADED");
  CHECK(node.outcome("chat-edit", of(1, to("second"))) == "OK");
  CHECK(polled_changes(node) == "1:second*|3 edited 1:second");
}

TEST_CASE("a change that cannot be stored is refused, and may be tried again", "[actors]") {
  returning node;
  node.say("one");
  {
    const full_disk full;
    CHECK(node.outcome("chat-edit", of(1, to("ONE"))) == "STORAGE_UNAVAILABLE");
    CHECK(polled_changes(node) == "1:one");
  }
  for (int i = 0; i < 3; ++i) node.advance(std::chrono::seconds(1));
  CHECK(node.outcome("chat-edit", of(1, to("ONE"))) == "OK");
  CHECK(polled_changes(node) == "1:ONE*|3 edited 1:ONE");
}

TEST_CASE("a retried post is known after its message was edited", "[actors]") {
  temporary_directory data;
  const auto* post = R"({"roomId":"general","text":"one","clientMessageId":"c1"})";
  const std::vector<room_definition> rooms{{"general", "General", "", 100, 0}};
  {
    test_node node({.rooms = rooms, .data = data.path()});
    node.call("chat-send", post);
    node.call("chat-edit", of(1, to("ONE")));
  }
  test_node node({.rooms = rooms, .data = data.path()});
  CHECK(text_at(node.call("chat-send", post), "/data/messageId") == format_message_id(1));
  CHECK(polled_changes(node) == "1:ONE*|2 edited 1:ONE");
}

TEST_CASE("those who wait are woken by changes, unless they wait for certain words", "[actors]") {
  returning node;
  node.say("one");
  const auto since = R"({"roomId":"general","waitMs":30000,"since":")" + format_message_id(1) + '"';
  const auto any = node.start("chat-poll", since + '}');
  const auto some = node.start("chat-poll", since + R"(,"until":{"contains":"one"}})");
  node.run();
  node.call("chat-edit", of(1, to("one more")));
  CHECK(any->answers == 1);
  CHECK(some->answers == 0);
  node.say("one again");
  CHECK(some->answers == 1);
}

}  // namespace chat::test
