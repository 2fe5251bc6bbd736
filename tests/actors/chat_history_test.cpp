// chat-history: any part of a room, from its tail or from the store.

#include <catch2/catch.hpp>

#include "model/ids.hpp"
#include "tests/actors/test_node.hpp"

namespace chat::test {

namespace {

// "< 3 4 5 >": the texts, and whether there are older and newer ones; or the code of the failure.
std::string history(test_node& node, const std::string& more) {
  const auto json = node.call("chat-history", R"({"roomId":"general")" + more + '}');
  if (at(json, "/success") != "true") return text_at(json, "/error/code");
  std::string out = at(json, "/data/hasOlder") == "true" ? "<" : "";
  for (int i = 0;; ++i) {
    const auto text = "/data/messages/" + std::to_string(i) + "/text";
    if (at(json, text) == "absent") break;
    out += (out.empty() ? "" : " ") + text_at(json, text);
  }
  return out + (at(json, "/data/hasNewer") == "true" ? " >" : "");
}

std::string from(const char* where, sequence seq, int limit) {
  return std::string(",\"") + where + "\":\"" + format_message_id(seq) +
         "\",\"limit\":" + std::to_string(limit);
}

}  // namespace

TEST_CASE("any part of a room's history can be read", "[actors]") {
  test_node node;
  for (int i = 1; i <= 9; ++i)
    node.call("chat-send", R"({"roomId":"general","text":")" + std::to_string(i) + "\"}");
  // From the tail, and when it is given back: from the store.
  for (const bool idle : {false, true}) {
    CAPTURE(idle);
    if (idle) {
      node.advance(limits::room_idle_timeout);
      node.advance(limits::room_idle_timeout);
    }
    CHECK(history(node, "") == "1 2 3 4 5 6 7 8 9");
    CHECK(history(node, R"(,"limit":3)") == "< 7 8 9");
    CHECK(history(node, from("before", 7, 3)) == "< 4 5 6 >");
    CHECK(history(node, from("before", 4, 3)) == "1 2 3 >");
    CHECK(history(node, from("before", 1, 3)) == " >");
    CHECK(history(node, from("after", 2, 3)) == "< 3 4 5 >");
    CHECK(history(node, from("after", 7, 3)) == "< 8 9");
    CHECK(history(node, from("after", 9, 3)) == "<");
    CHECK(history(node, from("around", 5, 5)) == "< 3 4 5 6 7 >");
    CHECK(history(node, from("around", 5, 4)) == "< 4 5 6 7 >");
    CHECK(history(node, from("around", 5, 1)) == "< 5 >");
    CHECK(history(node, from("around", 9, 3)) == "< 7 8 9");
    CHECK(history(node, from("around", 1, 3)) == "1 2 >");
    CHECK(history(node, from("around", 5, 100)) == "1 2 3 4 5 6 7 8 9");
  }
}

TEST_CASE("a page of history is cut to a budget, and says where to go on", "[actors]") {
  test_node node;
  // 45 characters each: a sender of 5, and 40.
  for (int i = 1; i <= 9; ++i)
    node.call("chat-send",
              R"({"roomId":"general","text":")" + std::string(39, '.') + std::to_string(i) + "\"}");
  const auto dots = [](std::string text) {
    std::erase(text, '.');
    return text;
  };
  const auto chars = [](int n) { return R"(,"maxChars":)" + std::to_string(n); };
  CHECK(dots(history(node, chars(135))) == "< 7 8 9");
  CHECK(dots(history(node, chars(134))) == "< 8 9");
  CHECK(dots(history(node, from("before", 7, 50) + chars(100))) == "< 5 6 >");
  CHECK(dots(history(node, from("after", 2, 50) + chars(100))) == "< 3 4 >");
  CHECK(dots(history(node, from("around", 5, 50) + chars(135))) == "< 4 5 6 >");
  CHECK(dots(history(node, from("around", 1, 50) + chars(135))) == "1 2 3 >");
  CHECK(dots(history(node, from("around", 9, 50) + chars(135))) == "< 7 8 9");
  CHECK(dots(history(node, chars(1'000))) == "1 2 3 4 5 6 7 8 9");
  CHECK(history(node, chars(99)) == "VALIDATION_ERROR");
  // Walking by the ids that pages name misses and repeats nothing.
  const auto walk = [&](const std::string& start, const char* name, const char* end) {
    std::string all;
    std::string at_page = start;
    for (int i = 0; i < 20; ++i) {
      all += dots(history(node, at_page + chars(100))) + '|';
      const auto json =
          node.call("chat-history", R"({"roomId":"general")" + at_page + chars(100) + '}');
      if (at(json, std::string("/data/") + end) == "false") break;
      at_page = std::string(",\"") + name + "\":\"" +
                text_at(json, std::string("/data/") +
                                  (name[0] == 'b' ? "oldestMessageId" : "newestMessageId")) +
                '"';
    }
    return all;
  };
  CHECK(walk("", "before", "hasOlder") == "< 8 9|< 6 7 >|< 4 5 >|< 2 3 >|1 >|");
  CHECK(walk(from("after", 1, 50), "after", "hasNewer") == "< 2 3 >|< 4 5 >|< 6 7 >|< 8 9|");
}

TEST_CASE("chat-history refuses what is no position of the room", "[actors]") {
  test_node node;
  CHECK(history(node, "").empty());
  node.call("chat-send", R"({"roomId":"general","text":"1"})");
  for (const auto* where : {"before", "after", "around"}) {
    CAPTURE(where);
    CHECK(history(node, std::string(",\"") + where + R"(":"x")") == "VALIDATION_ERROR");
  }
  CHECK(history(node, from("before", 1, 5) + R"(,"after":"m0000000000000001")") ==
        "VALIDATION_ERROR");
  CHECK(node.outcome("chat-history", R"({"roomId":"nowhere"})") == "ROOM_NOT_FOUND");
}

TEST_CASE("a place that the room does not know is told with the page", "[actors]") {
  test_node node;
  for (const auto* text : {"1", "2"})
    node.call("chat-send", R"({"roomId":"general","text":")" + std::string(text) + "\"}");
  const bool idle = GENERATE(false, true);
  if (idle) {
    node.advance(limits::room_idle_timeout);
    node.advance(limits::room_idle_timeout);
  }
  for (const auto& [where, wanted] :
       {std::pair("before", "1 2"), {"after", "<"}, {"around", "1 2"}}) {
    CAPTURE(where);
    CHECK(history(node, from(where, 7, 5)) == wanted);
    const auto page = node.call("chat-history", R"({"roomId":"general")" + from(where, 7, 5) + '}');
    CHECK(text_at(page, "/warnings/0/code") == "POSITION_LOST");
    CHECK(text_at(page, "/warnings/0/details/restartAt") == "m0000000000000002");
  }
}

TEST_CASE("a page of history counts messages, however often they were changed", "[actors]") {
  test_node node;
  const auto say = [&](const std::string& text) {
    node.call("chat-send", R"({"roomId":"general","text":")" + text + "\"}");
  };
  const auto edit = [&](sequence seq, const std::string& text) {
    node.call("chat-edit", R"({"roomId":"general","messageId":")" + format_message_id(seq) +
                               R"(","text":")" + text + "\"}");
  };
  for (const auto* text : {"1", "2", "3"}) say(text);
  for (int i = 0; i < 120; ++i) edit(2, "2." + std::to_string(i));
  for (const auto* text : {"4", "5"}) say(text);  // behind the changes: 124 and 125
  for (int i = 0; i < 5; ++i) edit(1, "1." + std::to_string(i));
  for (const bool idle : {false, true}) {
    CAPTURE(idle);
    if (idle) {
      node.advance(limits::room_idle_timeout);
      node.advance(limits::room_idle_timeout);
    }
    CHECK(history(node, "") == "1.4 2.119 3 4 5");
    CHECK(history(node, R"(,"limit":3)") == "< 3 4 5");
    CHECK(history(node, from("before", 124, 2)) == "< 2.119 3 >");
    CHECK(history(node, from("after", 2, 2)) == "< 3 4 >");
    CHECK(history(node, from("after", 2, 3)) == "< 3 4 5");
    CHECK(history(node, from("after", 125, 3)) == "<");
    CHECK(history(node, from("around", 3, 4)) == "< 2.119 3 4 5");
    const auto newest = node.call("chat-history", R"({"roomId":"general","limit":2})");
    CHECK(text_at(newest, "/reasoning") == "2 message(s)");
    CHECK(text_at(newest, "/data/oldestMessageId") == format_message_id(124));
    CHECK(text_at(newest, "/data/newestMessageId") == format_message_id(130));
  }
}

TEST_CASE("a page of history that would take too much reading says where to go on", "[actors]") {
  test_node node;
  for (const auto* text : {"1", "2"})
    node.call("chat-send", R"({"roomId":"general","text":")" + std::string(text) + "\"}");
  constexpr auto changes = limits::history_places_max + 50;
  for (std::size_t i = 0; i < changes; ++i)
    node.call("chat-edit", R"({"roomId":"general","messageId":"m0000000000000002","text":"two"})");
  node.call("chat-send", R"({"roomId":"general","text":"3"})");
  const auto follow = [&](const std::string& way, const std::string& place,
                          const std::string& first) {
    std::string pages;
    for (auto at_id = first; pages.size() < 40;) {
      const auto page = node.call(
          "chat-history", R"({"roomId":"general","limit":5)" +
                              (at_id.empty() ? "" : ",\"" + way + "\":\"" + at_id + '"') + '}');
      for (int i = 0; at(page, "/data/messages/" + std::to_string(i)) != "absent"; ++i)
        pages += text_at(page, "/data/messages/" + std::to_string(i) + "/text");
      if (at(page, way == "before" ? "/data/hasOlder" : "/data/hasNewer") != "true") return pages;
      at_id = text_at(page, "/data/" + place);
      CHECK(text_at(page, "/_agentHints/nextAction").find(way + "=\"" + at_id) !=
            std::string::npos);
      pages += '|';
    }
    return pages;
  };
  CHECK(follow("before", "oldestMessageId", "") == "3|1two");
  CHECK(follow("after", "newestMessageId", format_message_id(1)) == "two|3");
}

TEST_CASE("a page of history says what is not there", "[actors]") {
  test_node node;
  const auto page = [&](const std::string& more) {
    return node.call("chat-history", R"({"roomId":"general")" + more + '}');
  };
  const auto hint = [&](const std::string& more) {
    return text_at(page(more), "/_agentHints/nextAction");
  };
  CHECK(hint("").find("The room has no messages; chat-send says the first word") == 0);
  CHECK(at(page(""), "/data/truncated") == "false");
  node.call("chat-send", R"({"roomId":"general","text":"1"})");
  node.call("chat-send", R"({"roomId":"general","text":"2"})");
  CHECK(hint("").find("This is the room's beginning; to be told what is said next") == 0);
  CHECK(hint(from("before", 1, 5)) == "Nothing was said before that");
  CHECK(hint(from("after", 2, 5)).find("with before=\"m0000000000000002\"; to be told") !=
        std::string::npos);
  CHECK(at(page(from("before", 2, 5)), "/data/truncated") == "false");
}

TEST_CASE("a page of history says when what was before it is lost", "[actors]") {
  test_node node;
  const auto room = [&](const char* what) { node.call(what, R"({"roomId":"team"})"); };
  const auto say = [&] { node.call("chat-send", R"({"roomId":"team","text":"x"})"); };
  room("chat-room-create");
  for (int i = 0; i < 3; ++i) say();
  room("chat-room-delete");
  room("chat-room-create");
  say();  // the fourth
  say();
  for (const auto& [where, lost] : {std::pair(from("after", 2, 5), true),
                                    {from("around", 2, 5), true},
                                    {from("before", 3, 5), true},
                                    {from("before", 4, 5), false},
                                    {from("after", 4, 5), false},
                                    {from("before", 5, 5), false},
                                    {std::string(), false}}) {
    CAPTURE(where);
    const auto page = node.call("chat-history", R"({"roomId":"team")" + where + '}');
    CHECK(at(page, "/data/truncated") == (lost ? "true" : "false"));
    CHECK(text_at(page, "/warnings/0/code") == (lost ? "HISTORY_TRUNCATED" : "absent"));
    CHECK((text_at(page, "/_agentHints/nextAction").find("What was before is not held") == 0) ==
          lost);
  }
}

}  // namespace chat::test
