#include "model/histogram.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace chat;

namespace {

constexpr std::array<std::uint64_t, 3> histogram_bounds{10, 20, 50};

std::vector<std::uint64_t> counts_of(const histogram_figures& figures) {
  return {figures.counts.begin(),
          figures.counts.begin() + static_cast<std::ptrdiff_t>(figures.bounds.size()) + 1};
}

}  // namespace

TEST_CASE("a histogram counts a value in the first bucket that it fits into", "[model]") {
  histogram h(histogram_bounds);
  for (const std::uint64_t value : {0, 10, 11, 20, 50, 51, 1'000'000}) h.observe(value);
  const histogram_figures figures(h);
  CHECK(counts_of(figures) == std::vector<std::uint64_t>{2, 2, 1, 2});
  CHECK(figures.count() == 7);
  CHECK(figures.sum == 1'000'142);
}

TEST_CASE("histograms with the same bounds add up, also while others observe", "[model]") {
  histogram one(histogram_bounds);
  histogram other(histogram_bounds);
  constexpr std::uint64_t times = 20'000;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < times; ++i) one.observe(15);
  });
  for (int i = 0; i < 100; ++i) CHECK(histogram_figures(one).count() <= times);
  writer.join();
  other.observe(60);
  histogram_figures both(one);
  both.add(other);
  CHECK(counts_of(both) == std::vector<std::uint64_t>{0, times, 0, 1});
  CHECK(both.sum == 15 * times + 60);
}

TEST_CASE("figures of nothing are nothing", "[model]") {
  const histogram_figures none;
  CHECK(none.count() == 0);
  CHECK(counts_of(none) == std::vector<std::uint64_t>{0});
}
