#include "model/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/limits.hpp"

namespace chat {

namespace {

/// What a character is to search: it parts words, is a part of one, or is one.
enum class char_kind : std::uint8_t { separator, letter, word };

struct span_of {
  char32_t first, last;
  char_kind is;
};

// Beyond ASCII, ascending; what is not listed is a letter.
constexpr std::array spans{
    span_of{0x80, 0xA9, char_kind::separator},       span_of{0xAB, 0xB4, char_kind::separator},
    span_of{0xB6, 0xB9, char_kind::separator},       span_of{0xBB, 0xBF, char_kind::separator},
    span_of{0xD7, 0xD7, char_kind::separator},       span_of{0xF7, 0xF7, char_kind::separator},
    span_of{0x37E, 0x37E, char_kind::separator},     span_of{0x387, 0x387, char_kind::separator},
    span_of{0x55A, 0x55F, char_kind::separator},     span_of{0x589, 0x58A, char_kind::separator},
    span_of{0x5BE, 0x5BE, char_kind::separator},     span_of{0x5C0, 0x5C0, char_kind::separator},
    span_of{0x5F3, 0x5F4, char_kind::separator},     span_of{0x60C, 0x60D, char_kind::separator},
    span_of{0x61B, 0x61F, char_kind::separator},     span_of{0x66A, 0x66D, char_kind::separator},
    span_of{0x6D4, 0x6D4, char_kind::separator},     span_of{0x964, 0x965, char_kind::separator},
    span_of{0xE01, 0xEFF, char_kind::word},          span_of{0x1000, 0x109F, char_kind::word},
    span_of{0x1100, 0x11FF, char_kind::word},        span_of{0x1780, 0x17FF, char_kind::word},
    span_of{0x2000, 0x206F, char_kind::separator},   span_of{0x20A0, 0x20CF, char_kind::separator},
    span_of{0x2100, 0x25FF, char_kind::separator},   span_of{0x2600, 0x27BF, char_kind::word},
    span_of{0x27C0, 0x2BFF, char_kind::separator},   span_of{0x2E00, 0x2E7F, char_kind::separator},
    span_of{0x2E80, 0x2FDF, char_kind::word},        span_of{0x2FF0, 0x3004, char_kind::separator},
    span_of{0x3005, 0x3007, char_kind::word},        span_of{0x3008, 0x3020, char_kind::separator},
    span_of{0x3021, 0x3029, char_kind::word},        span_of{0x3030, 0x3030, char_kind::separator},
    span_of{0x303D, 0x303F, char_kind::separator},   span_of{0x3040, 0x30FA, char_kind::word},
    span_of{0x30FB, 0x30FB, char_kind::separator},   span_of{0x30FC, 0x9FFF, char_kind::word},
    span_of{0xAC00, 0xD7FF, char_kind::word},        span_of{0xF900, 0xFAFF, char_kind::word},
    span_of{0xFE00, 0xFE1F, char_kind::separator},   span_of{0xFE30, 0xFE6F, char_kind::separator},
    span_of{0xFEFF, 0xFF0F, char_kind::separator},   span_of{0xFF1A, 0xFF20, char_kind::separator},
    span_of{0xFF3B, 0xFF40, char_kind::separator},   span_of{0xFF5B, 0xFF65, char_kind::separator},
    span_of{0xFF66, 0xFFDC, char_kind::word},        span_of{0xFFE0, 0xFFFF, char_kind::separator},
    span_of{0x1F000, 0x1FAFF, char_kind::word},      span_of{0x20000, 0x3FFFF, char_kind::word},
    span_of{0xE0000, 0x10FFFF, char_kind::separator}};
static_assert(std::ranges::is_sorted(spans, {}, &span_of::first));

char_kind kind_of(char32_t c) {
  const auto behind = std::ranges::upper_bound(spans, c, {}, &span_of::first);
  if (behind == spans.begin()) return char_kind::letter;
  const auto& span = *std::prev(behind);
  return c <= span.last ? span.is : char_kind::letter;
}

// Small letters of the capitals beyond ASCII; other characters as they are.
char32_t small_of(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (c < 0xC0) return c;
  if (within(0xC0, 0xDE)) return c == 0xD7 ? c : c + 32;
  if (within(0x139, 0x148) || within(0x179, 0x17E)) return c + (c & 1);
  if (c == 0x130) return U'i';
  if (c == 0x131 || c == 0x138 || c == 0x149) return c;
  if (c == 0x178) return 0xFF;
  if (c == 0x17F) return U's';
  if (within(0x100, 0x177)) return c | 1;
  if (c == 0x386) return 0x3AC;
  if (within(0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (within(0x38E, 0x38F)) return c + 63;
  if (within(0x391, 0x3AB)) return c + 32;
  if (c == 0x3C2) return 0x3C3;
  if (within(0x400, 0x40F)) return c + 80;
  if (within(0x410, 0x42F)) return c + 32;
  if (c == 0x4C0) return 0x4CF;
  if (within(0x4C1, 0x4CE)) return c + (c & 1);
  if (within(0x460, 0x481) || within(0x48A, 0x4BF) || within(0x4D0, 0x52F)) return c | 1;
  if (within(0x531, 0x556)) return c + 48;
  if (c == 0x1E9E) return 0xDF;
  if (within(0x1E00, 0x1E95) || within(0x1EA0, 0x1EFF)) return c | 1;
  if (within(0xFF21, 0xFF3A)) return c + 32;
  return c;
}

// Small letters and digits as they are, capitals folded, 0 for what parts words.
constexpr auto small_ascii = [] {
  std::array<char, 128> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = c;
    table[static_cast<std::size_t>(c - 'a' + 'A')] = c;
  }
  return table;
}();

// Takes one character off valid UTF-8 that begins with one beyond ASCII.
char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto first = byte(0);
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t c = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = c << 6 | (byte(i) & 0x3FU);
  text.remove_prefix(std::min(size, text.size()));
  return c;
}

void append_character(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

bool word_reader::next() {
  word_.clear();
  is_character_ = false;
  for (std::size_t chars = 0; !rest_.empty();) {
    const auto byte = static_cast<unsigned char>(rest_[0]);
    if (byte < 0x80) {
      const char letter = small_ascii[byte];
      if (letter == 0 && chars > 0) return true;
      rest_.remove_prefix(1);
      if (letter != 0 && chars++ < limits::word_chars_max) word_ += letter;
      continue;
    }
    auto behind = rest_;
    const auto c = take_character(behind);
    const auto is = kind_of(c);
    if (is != char_kind::letter && chars > 0) return true;
    rest_ = behind;
    if (is == char_kind::separator) continue;
    if (chars++ < limits::word_chars_max) append_character(word_, small_of(c));
    if (is == char_kind::word) return is_character_ = true;
  }
  return !word_.empty();
}

std::vector<search_word> search_words(std::string_view query) {
  std::vector<search_word> words;
  word_reader in(query);
  bool is_prefix = false;
  const auto add = [&](search_word word) {
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  };
  std::string last;
  while (in.next()) {
    if (!last.empty()) add({last});
    last = in.word();
    is_prefix = !in.is_character();
  }
  if (!last.empty()) add({std::move(last), is_prefix});
  return words;
}

bool has_words(std::string_view text, const std::vector<search_word>& words) {
  static_assert(limits::search_words_max < 64);
  const auto all = (std::uint64_t{1} << words.size()) - 1;
  std::uint64_t found = 0;
  for (word_reader in(text); found != all && in.next();)
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& wanted = words[i];
      if (wanted.is_prefix ? in.word().starts_with(wanted.text) : in.word() == wanted.text)
        found |= std::uint64_t{1} << i;
    }
  return found == all;
}

}  // namespace chat
