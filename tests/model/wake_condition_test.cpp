#include "model/wake_condition.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

namespace {

message says(std::string sender, std::string text) {
  message m;
  m.sender = std::move(sender);
  m.text = std::move(text);
  return m;
}

}  // namespace

TEST_CASE("without a wish any message wakes", "[model]") {
  CHECK(wake_condition{}.is_met_by(says("Ada", "hi")));
}

TEST_CASE("a mention is the nickname behind an @, as a word", "[model]") {
  const wake_condition w{.mention = "Helper", .from = {}, .contains = {}};
  for (const auto* text :
       {"@helper", "hi @HELPER!", "(@Helper)", "@helper's", "x @helpers @helper"}) {
    CAPTURE(text);
    CHECK(w.is_met_by(says("Ada", text)));
  }
  for (const auto* text : {"", "helper", "@helpers", "mail@helper", "@helperé", "@help er", "@"}) {
    CAPTURE(text);
    CHECK_FALSE(w.is_met_by(says("Ada", text)));
  }
  const wake_condition with_at{.mention = "@helper", .from = {}, .contains = {}};
  CHECK(with_at.is_met_by(says("Ada", "hi @Helper!")));
  CHECK_FALSE(with_at.is_met_by(says("Ada", "hi helper")));
  // Whatever stands in a nickname is taken as it is.
  CHECK(wake_condition{.mention = "R2 D2", .from = {}, .contains = {}}.is_met_by(
      says("Ada", "look, @r2 d2.")));
}

TEST_CASE("a mention ends where a word does, whatever the script", "[model]") {
  const auto wakes = [](std::string name, std::string text) {
    return wake_condition{.mention = std::move(name), .from = {}, .contains = {}}.is_met_by(
        says("Ada", std::move(text)));
  };
  for (const auto* text : {"“@helper”",
                           "@helper…",
                           "@helper’s",
                           "请@helper看一下",
                           "@helper。",
                           "👋@helper",
                           "👋🏽@helper!",
                           "hi\u00A0@helper",
                           "@helper\u00A0now",
                           "¿@helper?",
                           "«@helper»",
                           "@helper님",
                           "@helperさん",
                           "สวัสดี@helperครับ",
                           "@helper👍",
                           "@helper—now",
                           "ok\u3000＠ＨＥＬＰＥＲ",
                           "@\u200Dhelper",
                           "(@helper)",
                           "@helper።",
                           "שלום @helper׃",
                           "@helper\u200B"}) {
    CAPTURE(text);
    CHECK(wakes("helper", text));
  }
  for (const auto* text : {"mail@helper", "почта@helper", "école@helper", "ecole\u0301@helper",
                           "@helpers", "@helper2", "@helper_two", "@helperя", "@helperα",
                           "@helper\u0301", "@helperé", "helper", "＠helperｓ"}) {
    CAPTURE(text);
    CHECK_FALSE(wakes("helper", text));
  }
  CHECK(wakes("ИВАН", "эй @Иван, смотри"));
  CHECK_FALSE(wakes("ИВАН", "@Иванов"));
  CHECK(wakes("Rene\u0301", "merci @RENÉ!"));
  CHECK(wakes("Rene", "@rene"));
  CHECK_FALSE(wakes("Rene", "merci @RENE\u0301"));
  CHECK(wakes("小明", "请@小明看一下"));
  CHECK(wakes("Straße", "@STRASSE"));
  CHECK(wakes("🦊", "hi @🦊!"));
}

TEST_CASE("text is found in any case and any normal form", "[model]") {
  const auto wakes = [](std::string part, std::string text) {
    return wake_condition{.mention = {}, .from = {}, .contains = std::move(part)}.is_met_by(
        says("Ada", std::move(text)));
  };
  CHECK(wakes("ÄRGER", "So ein ärger!"));
  CHECK(wakes("ärger", "So ein A\u0308RGER!"));
  CHECK(wakes("ПРИВЕТ", "привет всем"));
  CHECK(wakes("équipe", "L’ÉQUIPE est là"));
  CHECK(wakes("ship", "shipped"));  // part of a word
  CHECK_FALSE(wakes("cafe", "cafe\u0301"));
  CHECK_FALSE(wakes("x", "x\u0302"));  // half a character
  CHECK(wake_condition{.mention = {}, .from = "ИВАН", .contains = {}}.is_met_by(says("Иван", "x")));
}

TEST_CASE("sender and text are looked at without regard to capitals", "[model]") {
  const wake_condition from{.mention = {}, .from = "ada", .contains = {}};
  CHECK(from.is_met_by(says("Ada", "x")));
  CHECK_FALSE(from.is_met_by(says("Ada L", "x")));
  const wake_condition part{.mention = {}, .from = {}, .contains = "Release"};
  CHECK(part.is_met_by(says("Ada", "the RELEASE is out")));
  CHECK_FALSE(part.is_met_by(says("Release", "no")));
}

TEST_CASE("all that is wished for has to be true of one message", "[model]") {
  const wake_condition w{.mention = "bot", .from = "Ada", .contains = "why"};
  CHECK(w.is_met_by(says("Ada", "@bot, why?")));
  CHECK_FALSE(w.is_met_by(says("Bob", "@bot, why?")));
  CHECK_FALSE(w.is_met_by(says("Ada", "why?")));
  CHECK_FALSE(w.is_met_by(says("Ada", "@bot, what?")));
}

}  // namespace chat::test
