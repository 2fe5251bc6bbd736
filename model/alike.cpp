#include "model/alike.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "model/limits.hpp"
#include "model/unicode.hpp"

namespace chat {

// One row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::vector<std::string_view> most_alike(std::string_view wanted,
                                         std::span<const std::string_view> names) {
  constexpr std::size_t name_bytes_max = 128;
  if (wanted.size() > name_bytes_max) return {};
  std::vector<std::pair<double, std::string_view>> ranked;
  const auto asked = ascii_lower(wanted);
  for (const auto name : names) {
    const auto longest = static_cast<double>(std::max(asked.size(), name.size()));
    const auto alike = 1.0 - static_cast<double>(edit_distance(asked, name)) / longest;
    if (alike >= limits::similarity_min) ranked.emplace_back(alike, name);
  }
  std::ranges::stable_sort(ranked, std::ranges::greater{},
                           &std::pair<double, std::string_view>::first);
  std::vector<std::string_view> best;
  for (const auto& [alike, name] : ranked)
    if (best.size() < limits::similar_commands_max) best.push_back(name);
  return best;
}

}  // namespace chat
