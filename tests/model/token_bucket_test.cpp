// Token buckets.

#include "model/token_bucket.hpp"

#include <catch2/catch.hpp>

using namespace chat;

namespace {

constexpr rate two_a_second{2, 3};

// How many can be taken at once.
int take_all(token_bucket& bucket, std::int64_t now_ms) {
  int count = 0;
  for (; bucket.wait_ms(two_a_second, now_ms) == 0; ++count) bucket.take(two_a_second, now_ms);
  return count;
}

}  // namespace

TEST_CASE("a bucket gives its burst, then its rate, and fills up again", "[model]") {
  token_bucket bucket;
  CHECK(bucket.is_full(two_a_second, 0));
  CHECK(take_all(bucket, 0) == 3);
  CHECK_FALSE(bucket.is_full(two_a_second, 0));
  CHECK(bucket.wait_ms(two_a_second, 0) == 500);
  CHECK(bucket.wait_ms(two_a_second, 499) == 1);
  CHECK(take_all(bucket, 500) == 1);
  CHECK(take_all(bucket, 1'500) == 2);
  CHECK(take_all(bucket, 1'000'000) == 3);
  CHECK(bucket.is_full(two_a_second, 1'001'500));
}

TEST_CASE("a bucket takes a clock that steps back for one that stands", "[model]") {
  token_bucket bucket;
  CHECK(take_all(bucket, 10'000) == 3);
  CHECK(take_all(bucket, 0) == 0);
  CHECK(take_all(bucket, 10'500) == 1);
}

TEST_CASE("what was told to wait for is there then", "[model]") {
  token_bucket bucket;
  const rate odd{0.7, 1};
  std::int64_t now = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto wait = bucket.wait_ms(odd, now);
    now += wait;
    REQUIRE(bucket.wait_ms(odd, now) == 0);
    bucket.take(odd, now);
  }
  CHECK(now >= 1'427'000);  // 999 of them at 0.7 a second
}
