// Answers of calls, kept for retries.

#include <catch2/catch.hpp>

#include "tests/storage/store_fixture.hpp"

namespace chat::test {

TEST_CASE("answers are kept by user and key until they are too old", "[storage]") {
  const scratch_directory dir;
  {
    const auto s = open_store(dir.path);
    for (const std::int64_t n : {1, 2, 3})
      s->stage_answer({"ann", "key" + std::to_string(n), n * 100, "print", "{}"});
    s->stage_answer({"an", "nkey1", 400, "other", "[1]"});
    REQUIRE(s->commit());
  }
  const auto s = open_store(dir.path);
  const auto found = s->answer("ann", "key1");
  REQUIRE((found && *found));
  CHECK((*found)->kept_ms == 100);
  CHECK((*found)->fingerprint == "print");
  CHECK((*found)->json == "{}");
  CHECK((*s->answer("an", "nkey1"))->json == "[1]");
  CHECK_FALSE(*s->answer("ann", "key"));
  CHECK_FALSE(*s->answer("annk", "ey1"));

  // Two at a time; whoever has some left is counted.
  const auto first = s->stage_no_answers("", 200, 2);
  REQUIRE(first);
  CHECK(first->left == decltype(first->left){{"an", 1}});
  const auto rest = s->stage_no_answers(first->next, 200, 2);
  REQUIRE(rest);
  CHECK(rest->next.empty());
  CHECK(rest->left == decltype(rest->left){{"ann", 2}});
  REQUIRE(s->commit());
  CHECK_FALSE(*s->answer("ann", "key1"));
  CHECK((*s->answer("ann", "key2"))->kept_ms == 200);
}

}  // namespace chat::test
