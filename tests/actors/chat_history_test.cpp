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

TEST_CASE("chat-history refuses what is no position of the room", "[actors]") {
  test_node node;
  CHECK(history(node, "").empty());
  node.call("chat-send", R"({"roomId":"general","text":"1"})");
  for (const auto* where : {"before", "after", "around"}) {
    CAPTURE(where);
    CHECK(history(node, from(where, 7, 5)) == "VALIDATION_ERROR");
    CHECK(history(node, std::string(",\"") + where + R"(":"x")") == "VALIDATION_ERROR");
  }
  CHECK(history(node, from("before", 1, 5) + R"(,"after":"m0000000000000001")") ==
        "VALIDATION_ERROR");
  CHECK(node.outcome("chat-history", R"({"roomId":"nowhere"})") == "ROOM_NOT_FOUND");
}

}  // namespace chat::test
