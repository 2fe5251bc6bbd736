// Text as clients count it.

#include "model/unicode.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace chat;

TEST_CASE("text is counted in UTF-16 code units", "[model]") {
  CHECK(utf16_length("") == 0u);
  CHECK(utf16_length("abc") == 3u);
  CHECK(utf16_length("äöü") == 3u);
  CHECK(utf16_length("日本") == 2u);
  CHECK(utf16_length("\uFFFD") == 1u);
  CHECK(utf16_length("\U00010000") == 2u);
  CHECK(utf16_length("😀") == 2u);
  CHECK(utf16_length("👨‍👩‍👧‍👦") == 11u);
  CHECK(utf16_length(std::string(3, '\0')) == 3u);
}

TEST_CASE("what is not UTF-8 has no length", "[model]") {
  for (const std::string bytes :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82"}) {
    CAPTURE(bytes);
    CHECK_FALSE(utf16_length(bytes));
  }
}

TEST_CASE("a prefix never cuts a character", "[model]") {
  CHECK(utf16_prefix("abc", 2) == "ab");
  CHECK(utf16_prefix("abc", 3) == "abc");
  CHECK(utf16_prefix("abc", 9) == "abc");
  CHECK(utf16_prefix("äb", 1) == "ä");
  CHECK(utf16_prefix("a😀b", 2) == "a");
  CHECK(utf16_prefix("a😀b", 3) == "a😀");
  CHECK(utf16_prefix("😀", 1).empty());
  CHECK(utf16_prefix("😀", 0).empty());
}
