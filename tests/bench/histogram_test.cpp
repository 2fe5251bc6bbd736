#include "bench/load/histogram.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a percentile is off by less than one percent, whatever the value", "[bench]") {
  for (std::int64_t value = 1; value < std::int64_t{1} << 39; value = value * 17 / 10 + 1) {
    bench::histogram h;
    h.record(value);
    CAPTURE(value);
    CHECK(h.percentile(50) == value);  // the largest is known exactly
    h.record(value * 2);
    const auto half = h.percentile(49);
    CHECK(half >= value);
    CHECK(static_cast<double>(half) <= static_cast<double>(value) * 1.01);
  }
}

TEST_CASE("percentiles stand where the values do", "[bench]") {
  bench::histogram h;
  CHECK(h.percentile(99) == 0);
  for (int i = 1; i <= 200; ++i) h.record(i);
  CHECK(h.percentile(0) == 1);
  CHECK(h.percentile(50) == 101);
  CHECK(h.percentile(99) == 199);
  CHECK(h.percentile(100) == 200);
  bench::histogram more;
  more.record(1'000, 200);
  h.add(more);
  CHECK(h.count() == 400);
  CHECK(h.percentile(40) == 161);
  CHECK(h.max() == 1'000);
}
