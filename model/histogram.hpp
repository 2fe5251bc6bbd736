#pragma once
// How values are spread, over fixed buckets.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace chat {

/// One thread observes, any thread reads. Without locked instructions: what it costs is a few
/// comparisons. A reader sees every bucket right, but not all of them at the same moment.
class histogram {
 public:
  static constexpr std::size_t bounds_max = 16;

  /// Upper bounds of the buckets, ascending, in the unit of the values; they outlive it. What is
  /// above the last one has a bucket as well.
  explicit constexpr histogram(std::span<const std::uint64_t> bounds) : bounds_(bounds) {}

  void observe(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    grow(counts_[bucket], 1);
    grow(sum_, value);
  }

 private:
  friend struct histogram_figures;
  using number = std::atomic<std::uint64_t>;
  static void grow(number& n, std::uint64_t by) {
    n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::span<const std::uint64_t> bounds_;
  std::array<number, bounds_max + 1> counts_{};
  number sum_{0};
};

/// What a histogram, or several with the same bounds, have counted so far.
struct histogram_figures {
  std::span<const std::uint64_t> bounds;
  std::array<std::uint64_t, histogram::bounds_max + 1> counts{};  ///< by bucket, not cumulative
  std::uint64_t sum = 0;

  histogram_figures() = default;
  explicit histogram_figures(const histogram& of) { add(of); }

  /// One with the same bounds as those before it.
  void add(const histogram& other) {
    bounds = other.bounds_;
    for (std::size_t i = 0; i <= bounds.size(); ++i)
      counts[i] += other.counts_[i].load(std::memory_order_relaxed);
    sum += other.sum_.load(std::memory_order_relaxed);
  }

  std::uint64_t count() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
};

}  // namespace chat
