// Names that others see.

#include "model/shown_name.hpp"

#include <catch2/catch.hpp>

#include "model/unicode.hpp"

namespace chat::test {

TEST_CASE("a name is kept in one form, without blanks around it", "[model]") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"Ada", "Ada"},
      {"  Ada Lovelace\u00A0", "Ada Lovelace"},
      {"\u3000山田 太郎\u2003", "山田 太郎"},
      {"Rene\u0301", "René"},
      {"\u1112\u1161\u11ab", "한"},
      {"Ἀθηνᾶ", "Ἀθηνᾶ"},
      {"علی رضا", "علی رضا"},
      {"สมชาย", "สมชาย"},
      {"O’Neil-Smith (2.)", "O’Neil-Smith (2.)"},
      {"...", "..."},
      {"\t Tab \n", "Tab"},
  };
  for (const auto& [given, kept] : rows) {
    CAPTURE(given);
    CHECK(shown_name(given) == std::string(kept));
  }
}

TEST_CASE("a name that shows nothing is none", "[model]") {
  for (const std::string_view none :
       {"", " ", "   ", "\u00A0", "\u3000", "\u2003\u2009", "\u2800", "\u0301", "\u200B", "\u3164",
        "\u115F", "\u1160", "\uFFA0", "\uFE0F", "\u200D", "\uFEFF", "\u00AD", "\u034F", "\u180E"}) {
    CAPTURE(none);
    CHECK_FALSE(shown_name(none));
  }
}

TEST_CASE("a name has no characters that hide, break lines or turn the writing", "[model]") {
  for (const std::string bad :
       {"\n",         "\r",        "\t",     "\v",     "\f",     "\x1b",       "\x7f",
        "\u0085",     "\u009B",    "\u2028", "\u2029", "\u202A", "\u202B",     "\u202C",
        "\u202D",     "\u202E",    "\u2066", "\u2067", "\u2068", "\u2069",     "\u200E",
        "\u200F",     "\u061C",    "\u200B", "\u200C", "\u200D", "\u2060",     "\u2061",
        "\uFEFF",     "\u00AD",    "\u034F", "\u115F", "\u3164", "\uFFA0",     "\u17B4",
        "\u180B",     "\uFE0F",    "\uFE00", "\uFFF9", "\uFFFE", "\U000E0001", "\U000E0041",
        "\U000E0100", "\U0001D173"}) {
    CAPTURE(bad);
    CHECK_FALSE(shown_name("A" + bad + "B"));
    CHECK_FALSE(shown_name("A" + bad + "\u2019"));
    CHECK(cleaned_name("A" + bad + "B", 50) == "AB");
  }
  CHECK_FALSE(shown_name(std::string("A\0B", 3)));
}

TEST_CASE("an emoji keeps its joiners, selectors and tags, and they stay within it", "[model]") {
  for (const std::string_view emoji :
       {"🦊", "❤\uFE0F", "❤\uFE0E", "👩\u200D💻", "👩🏽\u200D🚀",
        "👁\uFE0F\u200D🗨\uFE0F", "❤\uFE0F\u200D🔥", "👨\u200D👩\u200D👧\u200D👦",
        "🏳\uFE0F\u200D🌈", "🇩🇪", "1\uFE0F\u20E3", "#\uFE0F\u20E3", "©\uFE0F",
        "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"}) {
    CAPTURE(emoji);
    CHECK(shown_name(emoji) == std::string(emoji));
    CHECK(shown_name("Ada " + std::string(emoji) + " B") == "Ada " + std::string(emoji) + " B");
  }
  for (const std::string_view bad :
       {"👩\u200D", "\u200D💻", "👩\u200D\u200D💻", "❤\uFE0F\uFE0F", "A\u200D💻", "👩\u200DA", "1\uFE0F",
        "A\uFE0F", "🦊\U000E0067", "👩\u200B💻"}) {
    CAPTURE(bad);
    CHECK_FALSE(shown_name(bad));
  }
}

TEST_CASE("of a name that nobody can mend, what may be shown is left", "[model]") {
  CHECK(cleaned_name(" Ada\u202Eevil\n", 50) == "Adaevil");
  CHECK(cleaned_name("\u200B\u3164", 50).empty());
  CHECK(cleaned_name("", 50).empty());
  CHECK(cleaned_name("abcdef", 3) == "abc");
  CHECK(cleaned_name("ab cdef", 3) == "ab");
  CHECK(cleaned_name("a🦊", 2) == "a");
  CHECK(cleaned_name("👩\u200D💻", 3) == "👩");
  CHECK(cleaned_name("\n Ada", 50) == "Ada");
  for (std::size_t units = 0; units < 20; ++units)
    CHECK(utf16_length(cleaned_name("Re\u0301ne\u0301 👩\u200D💻❤\uFE0F\u200D🔥", units)) <= units);
}

}  // namespace chat::test
