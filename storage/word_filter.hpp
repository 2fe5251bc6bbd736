#pragma once
// Which words a stretch of messages has, in a few bytes: a Bloom filter. What it denies is not
// there; what it does not deny must be looked for. Private to this folder.
//
// Besides each word it has the beginnings of 2, 4 and 7 characters, so that words can be looked for
// by their beginning. It is filled at its largest size and then folded in half while few of its
// bits are set, so that it fits what it holds.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/words.hpp"

namespace chat {

class word_filter {
 public:
  static constexpr std::size_t bytes_min = 64;
  static constexpr std::size_t bytes_max = 8192;
  static constexpr std::array<std::size_t, 3> beginnings = {2, 4, 7};

  word_filter() : bits_(bytes_max, '\0') {}
  /// One that was stored, to add to. `is_one(stored)` holds.
  explicit word_filter(std::string_view stored) : bits_(stored) {}

  /// Adds the words of valid UTF-8.
  void add(std::string_view text);
  /// As it is stored, folded.
  std::string_view fold();

  /// Whether bytes can be a stored filter.
  static bool is_one(std::string_view stored);
  /// False when the stretch has no such word.
  static bool may_have(std::string_view stored, const search_word& word);

 private:
  void set(std::uint64_t hash);

  std::string bits_;
};

}  // namespace chat
