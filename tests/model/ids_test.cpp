// Names on the wire.

#include "model/ids.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

using namespace chat;

TEST_CASE("a room id is 1 to 64 of letters, digits, dot, underscore and dash", "[model]") {
  using namespace std::string_literals;
  for (const auto& good : {"a"s, "Z9"s, "a.b_c-d"s, "..."s, ".a"s, "-"s, std::string(64, 'x')}) {
    CAPTURE(good);
    CHECK(is_room_id(good));
  }
  for (const auto& bad : {""s, " "s, "."s, ".."s, "a b"s, "a/b"s, "ä"s, "a\n"s, "a\0"s, "a:b"s,
                          "%41"s, std::string(65, 'x')}) {
    CAPTURE(bad);
    CHECK_FALSE(is_room_id(bad));
  }
}

TEST_CASE("message ids are read back as the sequence they were made of", "[model]") {
  CHECK(format_message_id(1) == "m0000000000000001");
  CHECK(format_message_id(9'999'999'999'999'999) == "m9999999999999999");
  for (const sequence seq : {sequence{0}, sequence{1}, sequence{10}, sequence{1'234'567'890}})
    CHECK(parse_message_id(format_message_id(seq)) == seq);
}

TEST_CASE("nothing but an id of ours is read as a message id", "[model]") {
  using namespace std::string_literals;
  for (const auto& text :
       {""s, "m"s, "m1"s, "0000000000000001"s, "M0000000000000001"s, "m00000000000000001"s,
        "m000000000000001"s, "m-000000000000001"s, "m+000000000000001"s, "m 000000000000001"s,
        "m000000000000001 "s, "m00000000000000a1"s, "m0x00000000000001"s, "m000000000000001\0"s}) {
    CAPTURE(text);
    CHECK_FALSE(parse_message_id(text));
  }
}

TEST_CASE("message ids sort as their sequences do", "[model]") {
  std::vector<std::string> ids;
  for (const sequence seq : {1, 2, 9, 10, 11, 99, 100, 101, 999'999, 1'000'000, 2'000'000'000})
    ids.push_back(format_message_id(seq));
  CHECK(std::ranges::is_sorted(ids));
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
}

TEST_CASE("sessions and tokens have names of their own kind", "[model]") {
  CHECK(std::regex_match(new_session_id(), std::regex("sess-[0-9a-f]{24}")));
  CHECK(std::regex_match(new_token_id(), std::regex("[A-Za-z0-9_-]{22}")));
}

TEST_CASE("random names do not repeat", "[model]") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    seen.insert(new_session_id());
    seen.insert(new_token_id());
    seen.insert(new_trace_id());
  }
  CHECK(seen.size() == 3'000);
}

TEST_CASE("a random name uses the whole of its alphabet", "[model]") {
  std::set<char> hex;
  std::set<char> secret;
  for (int i = 0; i < 200; ++i) {
    for (const char c : new_trace_id()) hex.insert(c);
    for (const char c : new_token_id()) secret.insert(c);
  }
  CHECK(hex.size() == 16);
  CHECK(secret.size() == 64);
}

TEST_CASE("texts are equal in constant time only when they are equal", "[model]") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("secret", "secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_in_constant_time("Secret", "secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "secre"));
  CHECK_FALSE(equal_in_constant_time("", "s"));
  CHECK_FALSE(equal_in_constant_time("a\x80", std::string("a") + '\0'));
}

TEST_CASE("times are written in UTC with milliseconds", "[model]") {
  CHECK(format_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_time(7) == "1970-01-01T00:00:00.007Z");
  CHECK(format_time(1'007) == "1970-01-01T00:00:01.007Z");
  CHECK(format_time(999) == "1970-01-01T00:00:00.999Z");
  CHECK(format_time(1'709'210'096'789) == "2024-02-29T12:34:56.789Z");
  CHECK(format_time(253'402'300'799'999) == "9999-12-31T23:59:59.999Z");
}
