// Text as words.

#include "model/words.hpp"

#include <catch2/catch.hpp>

#include "model/limits.hpp"

namespace chat::test {

namespace {

std::string words_in(std::string_view text) {
  std::string out;
  for (word_reader in(text); in.next();) out.append(out.empty() ? "" : "|").append(in.word());
  return out;
}

// "all of|the words|last*"
std::string query(std::string_view text) {
  std::string out;
  for (const auto& word : search_words(text))
    out.append(out.empty() ? "" : "|").append(word.text).append(word.is_prefix ? "*" : "");
  return out;
}

}  // namespace

TEST_CASE("words are runs of letters and digits, without their capitals", "[model]") {
  CHECK(words_in("Hello, WORLD 42!") == "hello|world|42");
  CHECK(words_in("  don't e-mail a@b.example\n") == "don|t|e|mail|a|b|example");
  CHECK(words_in("ÀÉÎÕÜ ŁÓDŹ Žluťoučký ẞ ÿŸ") == "àéîõü|łódź|žluťoučký|ss|ÿÿ");
  CHECK(words_in("ΑΒΓ Ωμέγα Ήλιος") == "αβγ|ωμέγα|ήλιοσ");
  CHECK(words_in("Привет, МИР! Ёж ЇЖАК") == "привет|мир|ёж|їжак");
  CHECK(words_in("ԵՐԵՎԱՆ ＡＢＣ１") == "երեվան|abc1");
  CHECK(words_in("ĐƯỜNG ƏƁƊƐƆ Ἀθῆναι ҒЫҢ თბილისი ᏣᎳᎩ") == "đường|əɓɗɛɔ|ἀθῆναι|ғың|თბილისი|ᏣᎳᎩ");
  CHECK(words_in("naïve “quoted” — one…two×three") == "naïve|quoted|one|two|three");
  CHECK(words_in("").empty());
  CHECK(words_in("?! … 　").empty());
}

TEST_CASE("whatever its form, a text has the same words", "[model]") {
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {"cafe\u0301", "CAFÉ"},
      {"\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"},
      {"か\u3099", "が"},
      {"A\u030A", "\u212B"},
      {"ｶﾞｷﾞ", "ガギ"},
      {"straße", "STRASSE"},
      {"ﬁn", "FIN"},
      {"İSTANBUL", "istanbul"},
      {"soft\u00ADhyphen", "softhyphen"},
      {"می\u200Cخواهم", "میخواهم"},
      {"x²", "X2"},
      {"ΟΔΟΣ", "οδος"},
  };
  for (const auto& [a, b] : pairs) {
    CAPTURE(a, b);
    CHECK(words_in(a) == words_in(b));
    CHECK_FALSE(words_in(a).empty());
  }
  CHECK(words_in("é") != words_in("e"));
}

TEST_CASE("spaces and punctuation of every script part words", "[model]") {
  for (const std::string_view part :
       {" ", "\u00A0", "\u1680", "\u2003", "\u2028", "\u202F",  "\u205F", "\u3000", "\u200B", "።",
        "፡", "་",      "༄",      "।",      "؟",      "،",       "。",     "、",     "「",     "·",
        "՝", "׃",      "᠂",      "᙮",      "៚",      "꘎",       "⁇",      "—",      "…",      "’",
        "”", "₿",    "∑",      "→",      "¬",      "\u180E ", "\uFFFD"}) {
    CAPTURE(part);
    CHECK(words_in("a" + std::string(part) + "b").starts_with("a|"));
    CHECK(words_in("a" + std::string(part) + "b").ends_with("|b"));
  }
}

TEST_CASE("an emoji is a word, with and without what chooses its looks", "[model]") {
  for (const std::string_view emoji :
       {"⭐", "⏰", "⌚", "⬛", "⚽", "☕", "♈", "⛔", "✅", "➰", "🀄", "🃏", "🎉", "🫠"}) {
    CAPTURE(emoji);
    CHECK(words_in(emoji) == emoji);
    CHECK(words_in(std::string("a") + std::string(emoji) + "b") ==
          "a|" + std::string(emoji) + "|b");
  }
  for (const std::string_view emoji :
       {"©", "®", "‼", "⁉", "™", "ℹ", "↔", "▶", "⬆", "☀", "✈", "❤", "〰", "〽", "㊗", "㊙", "🅰"}) {
    CAPTURE(emoji);
    const std::string styled = std::string(emoji) + "\uFE0F";
    CHECK(words_in(styled) == emoji);
    CHECK(words_in(std::string(emoji) + "\uFE0E") == emoji);
    CHECK(query(styled) == emoji);  // no word begins with it
  }
  CHECK(words_in("👩\u200D💻") == "👩|💻");
  CHECK(words_in("👁\uFE0F\u200D🗨\uFE0F") == "👁|🗨");
  CHECK(words_in("🇩🇪🇫🇷 🇪") == "🇩🇪|🇫🇷|🇪");
  CHECK(words_in("🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F") !=
        words_in("🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"));
  CHECK(words_in("1\uFE0F\u20E32\u20E3 #\uFE0F\u20E3") == "1\u20E3|2\u20E3|#\u20E3");
  CHECK(words_in("✓ ♫ ☂") == "✓|♫|☂");
}

TEST_CASE("where no spaces part words, every character is one", "[model]") {
  CHECK(words_in("ไทย ລາວ ខ្មែរ").size() > words_in("ไทย").size() + 8);
  CHECK(words_in("々ー〆") == "々|ー|〆");
  CHECK(words_in("会议纪要。ok") == "会|议|纪|要|ok");
  CHECK(words_in("テスト・한글") == "テ|ス|ト|한|글");
  CHECK(words_in("great🎉👍🏽") == "great|🎉|👍|🏽");
}

TEST_CASE("a word is cut, and whatever the bytes, reading ends", "[model]") {
  CHECK(words_in(std::string(1000, 'X') + " y") == std::string(limits::word_chars_max, 'x') + "|y");
  for (const std::string_view cut : {"\xC3", "a\xE4\xBC", "\xF0\x9F", "\xFF\xFE", "\x80"})
    CHECK_NOTHROW(words_in(cut));
}

TEST_CASE("the last word of a query is the beginning of one", "[model]") {
  CHECK(query("Release notes") == "release|notes*");
  CHECK(query("one two one") == "one|two|one*");
  CHECK(query("会议") == "会|议");
  CHECK(query("...").empty());
}

TEST_CASE("a text must have all words of a query", "[model]") {
  const auto has = [](std::string_view text, std::string_view wanted) {
    return has_words(text, search_words(wanted));
  };
  CHECK(has("Hello, world", "hel"));
  CHECK(has("Hello, world", "WORLD hello"));
  CHECK_FALSE(has("Hello, world", "hel world"));  // only the last one may be a beginning
  CHECK_FALSE(has("Hello, world", "ello"));
  CHECK_FALSE(has("Hello, world", "hello word"));
  CHECK(has("Café in der Straße", "cafe\u0301 STRASSE"));
  CHECK(has("สวัสดีครับ", "สวัสดี"));
  CHECK(has("ship it 🇩🇪", "🇩🇪"));
  CHECK_FALSE(has("🇪🇺🇩🇰", "🇩🇪"));
  CHECK(has("👋🏽 hi", "👋"));
  CHECK(has("明天开会", "开会"));
  CHECK_FALSE(has("明天开会", "会议"));
}

}  // namespace chat::test
