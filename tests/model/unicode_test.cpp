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

TEST_CASE("long text is counted like short text", "[model]") {
  // Characters of every size at every place among eight bytes.
  for (const std::string_view c : {"a", "ä", "€", "😀"})
    for (std::size_t before = 0; before < 9; ++before) {
      const auto text = std::string(before, 'x') + std::string(c) + std::string(20, 'y');
      CHECK(utf16_length(text) == before + (c.size() == 4 ? 2 : 1) + 20);
    }
}

TEST_CASE("of text that is still coming, the whole characters are known", "[model]") {
  const std::string text = "a\u00e9\u20ac\U0001F600b";  // 1, 2, 3, 4 and 1 bytes
  const std::size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CAPTURE(size);
    CHECK(utf8_prefix(std::string_view(text).substr(0, size)) == whole[size]);
  }
}

TEST_CASE("text that cannot become UTF-8 is found out at its first bad byte", "[model]") {
  for (const std::string bytes :
       {"\x80", "\xc0", "\xc1", "\xe0\x80", "\xed\xa0", "\xf0\x8f", "\xf4\x90", "\xf5", "\xff",
        "a\xe2\x28", "\xc3\xa9\xbf", "\xf0\x90\x28", "\xe2\x82\xc0"}) {
    CAPTURE(bytes);
    CHECK_FALSE(utf8_prefix(bytes));
  }
}
