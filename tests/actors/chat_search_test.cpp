// chat-search: by words, only in rooms that one may see, page by page.

#include <catch2/catch.hpp>

#include "tests/actors/test_node.hpp"

namespace chat::test {

namespace {

void say_in(test_node& node, const std::string& room, const std::string& text) {
  REQUIRE(node.outcome("chat-send", R"({"roomId":")" + room + R"(","text":")" + text + "\"}") ==
          "OK");
}

// "general: hello | tiny: hi", or the code of the failure.
std::string found_in(const std::string& json) {
  if (at(json, "/success") != "true") return text_at(json, "/error/code");
  std::string out;
  for (int i = 0;; ++i) {
    const auto message = "/data/messages/" + std::to_string(i);
    if (at(json, message) == "absent") return out;
    out += (i == 0 ? "" : " | ") + text_at(json, message + "/roomId") + ": " +
           text_at(json, message + "/text");
  }
}

std::string find(test_node& node, const std::string& query, const std::string& more = "",
                 caller who = local_user()) {
  return found_in(node.call("chat-search", R"({"query":")" + query + '"' + more + '}', who));
}

}  // namespace

TEST_CASE("messages are found by their words, newest first", "[actors]") {
  test_node node;
  say_in(node, "general", "Release on Monday");
  say_in(node, "general", "Lunch on Monday?");
  say_in(node, "general", "monday: RELEASE postponed");
  CHECK(find(node, "monday release") ==
        "general: monday: RELEASE postponed | general: Release on Monday");
  CHECK(find(node, "Mon", R"(,"roomId":"general","limit":1)") ==
        "general: monday: RELEASE postponed");
  CHECK(find(node, "Mon", R"(,"roomId":"tiny")").empty());
  CHECK(find(node, "tuesday").empty());
  CHECK(find(node, "lunch", R"(,"roomId":"nowhere")") == "ROOM_NOT_FOUND");
  const auto json = node.call("chat-search", R"({"query":"lunch"})");
  CHECK(keys(json, "/data") == "messages");
  CHECK(keys(json, "/data/messages/0") == "roomId id sender text timestamp");
  CHECK(text_at(json, "/data/messages/0/id") == "m0000000000000002");
}

TEST_CASE("a search goes on behind its cursor, and only that search", "[actors]") {
  test_node node;
  for (int i = 1; i <= 5; ++i) say_in(node, "general", "word " + std::to_string(i));
  std::string all;
  std::string cursor;
  std::string first;
  do {
    const auto json = node.call("chat-search", R"({"query":"word","limit":2)" + cursor + '}');
    all += found_in(json) + " / ";
    const auto next = text_at(json, "/data/nextCursor");
    cursor = next == "absent" ? "" : R"(,"cursor":")" + next + '"';
    if (first.empty()) first = cursor;
  } while (!cursor.empty());
  CHECK(all ==
        "general: word 5 | general: word 4 / general: word 3 | general: word 2 / general: word 1 "
        "/ ");
  CHECK(find(node, "words", first) == "VALIDATION_ERROR");
  CHECK(find(node, "word", first + R"(,"roomId":"general")") == "VALIDATION_ERROR");
  for (const auto* rubbish : {"x", "", "AAAA", "m0000000000000001", "!!"})
    CHECK(find(node, "word", std::string(R"(,"cursor":")") + rubbish + '"') == "VALIDATION_ERROR");
  auto changed = first;
  changed[changed.size() - 5] = changed[changed.size() - 5] == 'A' ? 'B' : 'A';
  CHECK(find(node, "word", changed) == "VALIDATION_ERROR");
}

TEST_CASE("a page of found messages is cut to a budget, and its cursor goes on there", "[actors]") {
  test_node node;
  for (int i = 1; i <= 5; ++i)
    say_in(node, "general", "word " + std::string(39, '.') + std::to_string(i));
  std::string pages;
  std::string cursor;
  do {
    const auto json = node.call("chat-search", R"({"query":"word","maxChars":100)" + cursor + '}');
    for (int i = 0; i < 5; ++i) {
      const auto text = text_at(json, "/data/messages/" + std::to_string(i) + "/text");
      if (text != "absent") pages += text.back();
    }
    pages += '|';
    const auto next = text_at(json, "/data/nextCursor");
    cursor = next == "absent" ? "" : R"(,"cursor":")" + next + '"';
  } while (!cursor.empty());
  CHECK(pages == "54|32|1|");
}

TEST_CASE("a query without a word, or with too many, is refused with a way on", "[actors]") {
  test_node node;
  const auto json = node.call("chat-search", R"({"query":"?!"})");
  CHECK(text_at(json, "/error/code") == "VALIDATION_ERROR");
  CHECK(text_at(json, "/error/suggestion").find("letters or digits") != std::string::npos);
  std::string many;
  for (int i = 0; i <= static_cast<int>(limits::search_words_max); ++i)
    many += std::to_string(i) + ' ';
  CHECK(find(node, many) == "VALIDATION_ERROR");
}

TEST_CASE("nothing of a private room is found but by those who may see it", "[actors]") {
  test_node node;
  const auto ada = user("ada");
  node.call("chat-room-create", R"({"roomId":"den","visibility":"private","members":["ada"]})",
            user("root", "Root", scope::admin));
  say_in(node, "general", "open word");
  say_in(node, "den", "secret word");  // first also where the clock says the same of both
  CHECK(find(node, "word", "", ada) == "den: secret word | general: open word");
  CHECK(find(node, "word", "", user("eve")) == "general: open word");
  CHECK(find(node, "secret", "", user("eve", "", scope::read)).empty());
  CHECK(find(node, "word", R"(,"roomId":"den")", user("eve")) == "ROOM_NOT_FOUND");
  // A member's cursor opens nothing to somebody else.
  const auto json = node.call("chat-search", R"({"query":"word","limit":1})", ada);
  const auto cursor = R"(,"cursor":")" + text_at(json, "/data/nextCursor") + '"';
  CHECK(find(node, "word", cursor, ada) == "general: open word");
  CHECK(find(node, "secret", cursor, user("eve")) == "VALIDATION_ERROR");
  CHECK(find(node, "word", cursor, user("eve")) == "general: open word");
}

TEST_CASE("nothing of a deleted room is found, nor in a new one of its name", "[actors]") {
  test_node node;
  node.call("chat-room-create", R"({"roomId":"den"})");
  say_in(node, "den", "before");
  node.call("chat-room-delete", R"({"roomId":"den"})");
  CHECK(find(node, "before").empty());
  node.call("chat-room-create", R"({"roomId":"den"})");
  CHECK(find(node, "before").empty());
  say_in(node, "den", "behind");
  CHECK(find(node, "be") == "den: behind");
}

TEST_CASE("a room is searched as well while and after its words are indexed", "[actors]") {
  test_node node;
  for (int i = 1; i <= 700; ++i)
    node.start("chat-send", R"({"roomId":"general","text":"common )" +
                                (i % 100 == 7 ? "rare" + std::to_string(i) : "word") + "\"}");
  node.run();
  const auto rare = "general: common rare607 | general: common rare507";
  CHECK(find(node, "common rare", R"(,"limit":2)") == rare);
  for (int i = 0; i < 5; ++i) node.advance(std::chrono::seconds(1));
  CHECK_FALSE(node.db->words_are_due());
  CHECK(find(node, "common rare", R"(,"limit":2)") == rare);
  CHECK(find(node, "rare7") == "general: common rare7");
}

}  // namespace chat::test
