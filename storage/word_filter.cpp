#include "storage/word_filter.hpp"

#include <bit>
#include <cstring>

namespace chat {

namespace {

// FNV-1a, and then its upper bits mixed into the lower ones, which choose the bits.
constexpr std::uint64_t begin_hash = 0xcbf29ce484222325;
constexpr std::uint64_t hash_more(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
}
/// `chars`: of a beginning; 0 for a whole word.
constexpr std::uint64_t end_hash(std::uint64_t hash, std::size_t chars) {
  hash = hash_more(hash, static_cast<char>(0xF8 + chars));  // a byte that no UTF-8 has
  return hash ^ hash >> 29;
}

constexpr bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Calls `visit(hash, chars)` for the beginnings of a word, and with 0 for all of it.
template <class Visit>
void visit_hashes(std::string_view word, Visit visit) {
  auto hash = begin_hash;
  std::size_t chars = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    hash = hash_more(hash, word[i]);
    if (i + 1 < word.size() && continues(word[i + 1])) continue;
    ++chars;
    if (next < word_filter::beginnings.size() && chars == word_filter::beginnings[next]) {
      visit(end_hash(hash, chars), chars);
      ++next;
    }
  }
  visit(end_hash(hash, 0), std::size_t{0});
}

// Two bits a hash. Sizes are powers of two: a filter half as large wants the lower half of each.
constexpr std::size_t first_bit(std::uint64_t hash, std::size_t bits) { return hash & (bits - 1); }
constexpr std::size_t second_bit(std::uint64_t hash, std::size_t bits) {
  return hash >> 32 & (bits - 1);
}

bool has(std::string_view filter, std::uint64_t hash) {
  const auto at = [&](std::size_t bit) {
    return (static_cast<unsigned char>(filter[bit / 8]) >> bit % 8 & 1) != 0;
  };
  return at(first_bit(hash, 8 * filter.size())) && at(second_bit(hash, 8 * filter.size()));
}

std::size_t bits_set(std::string_view filter) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < filter.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t part = 0;
    std::memcpy(&part, filter.data() + i, sizeof(part));
    count += static_cast<std::size_t>(std::popcount(part));
  }
  return count;
}

}  // namespace

void word_filter::set(std::uint64_t hash) {
  for (const auto bit : {first_bit(hash, 8 * bits_.size()), second_bit(hash, 8 * bits_.size())})
    bits_[bit / 8] = static_cast<char>(bits_[bit / 8] | 1 << bit % 8);
}

void word_filter::add(std::string_view text) {
  for (word_reader in(text); in.next();)
    visit_hashes(in.word(), [this](std::uint64_t hash, std::size_t) { set(hash); });
}

// Folding ors the halves: at most twice as many bits of it are set. Half of them is where a filter
// of two bits a hash tells most.
std::string_view word_filter::fold() {
  while (bits_.size() > bytes_min && bits_set(bits_) * 4 <= 8 * bits_.size()) {
    const auto half = bits_.size() / 2;
    for (std::size_t i = 0; i < half; ++i) bits_[i] = static_cast<char>(bits_[i] | bits_[half + i]);
    bits_.resize(half);
  }
  return bits_;
}

bool word_filter::is_one(std::string_view stored) {
  return std::has_single_bit(stored.size()) && stored.size() >= bytes_min &&
         stored.size() <= bytes_max;
}

bool word_filter::may_have(std::string_view stored, const search_word& word) {
  bool may = true;
  visit_hashes(word.text, [&](std::uint64_t hash, std::size_t chars) {
    // All its beginnings are those of the words meant. Itself it is one of them only as a whole.
    if (chars > 0 || !word.is_prefix) may = may && has(stored, hash);
  });
  return may;
}

}  // namespace chat
