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
  CHECK(words_in("ÀÉÎÕÜ ŁÓDŹ Žluťoučký ẞ ÿŸ") == "àéîõü|łódź|žluťoučký|ß|ÿÿ");
  CHECK(words_in("ΑΒΓ Ωμέγα Ήλιος") == "αβγ|ωμέγα|ήλιοσ");
  CHECK(words_in("Привет, МИР! Ёж ЇЖАК") == "привет|мир|ёж|їжак");
  CHECK(words_in("ԵՐԵՎԱՆ ＡＢＣ１") == "երեվան|ａｂｃ１");
  CHECK(words_in("naïve “quoted” — one…two×three") == "naïve|quoted|one|two|three");
  CHECK(words_in("").empty());
  CHECK(words_in("?! … 　").empty());
}

TEST_CASE("where no spaces part words, every character is one", "[model]") {
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
  CHECK(has("明天开会", "开会"));
  CHECK_FALSE(has("明天开会", "会议"));
}

}  // namespace chat::test
