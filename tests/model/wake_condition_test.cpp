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
