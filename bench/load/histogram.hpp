#pragma once
// Latencies in buckets of equal relative width, as HdrHistogram keeps them (which Debian 12 has
// for C in no package): memory is fixed, a value is off by less than 1 %.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace bench {

/// Values are nanoseconds, 0 to 18 minutes; larger ones count as that. Thread: one.
class histogram {
 public:
  void record(std::int64_t ns, std::uint64_t count = 1) {
    const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ns, 0, value_max));
    counts_[index_of(value)] += count;
    total_ += count;
    max_ = std::max(max_, value);
  }

  void add(const histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const { return total_; }
  std::int64_t max() const { return static_cast<std::int64_t>(max_); }

  /// The value that `percent` of all are not above; 0 when there is none.
  std::int64_t percentile(double percent) const {
    if (total_ == 0) return 0;
    const auto wanted = static_cast<std::uint64_t>(percent / 100.0 * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted || seen == total_)
        return static_cast<std::int64_t>(std::min(upper_edge(i), max_));
    }
    return max();
  }

 private:
  static constexpr unsigned sub_bits = 7;  // 128 buckets for each power of two
  static constexpr std::uint64_t sub_count = 1U << sub_bits;
  static constexpr std::int64_t value_max = (std::int64_t{1} << 40) - 1;

  // Values below 2 * sub_count stand for themselves; above, the top 8 bits choose the bucket.
  static std::size_t index_of(std::uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    if (width <= sub_bits + 1) return value;
    const unsigned shift = width - (sub_bits + 1);
    return shift * sub_count + (value >> shift);
  }
  static std::uint64_t upper_edge(std::size_t index) {
    if (index < 2 * sub_count) return index;
    const std::size_t shift = index / sub_count - 1;
    return ((index - shift * sub_count + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>((40 - sub_bits + 1) * sub_count);
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
