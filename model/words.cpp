#include "model/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/limits.hpp"
#include "model/text.hpp"

namespace chat {

namespace {

constexpr std::uint32_t rules = 1;

// Small letters and digits as they are, capitals folded, 0 for what parts words.
constexpr auto small_ascii_letters = [] {
  std::array<char, 128> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = c;
    table[static_cast<std::size_t>(c - 'a' + 'A')] = c;
  }
  return table;
}();

bool is_ascii_byte(char byte) { return (static_cast<unsigned char>(byte) & 0x80) == 0; }

constexpr std::string_view enclosing_keycap = "\u20E3";

bool is_keycap(std::string_view text) {
  return std::string_view("0123456789#*").find(text[0]) != std::string_view::npos &&
         text.substr(1).starts_with(enclosing_keycap);
}

bool is_flag_letter(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }
bool is_flag_tag(char32_t c) { return c >= 0xE0020 && c <= 0xE007F; }

// How much of a text that begins with `first`, which is a word by itself, that word is: a flag has
// two letters, or tags.
std::size_t whole_bytes(std::string_view text, char32_t first, std::string_view behind) {
  auto rest = behind;
  if (is_flag_letter(first)) {
    if (!rest.empty() && is_flag_letter(take_character(rest))) behind = rest;
  } else {
    while (!rest.empty() && is_flag_tag(take_character(rest))) behind = rest;
  }
  return text.size() - behind.size();
}

}  // namespace

std::uint32_t words_version() { return rules << 24 | unicode_version(); }

word_reader::word_reader(std::string_view text) : rest_(text) {
  if (std::ranges::all_of(text, is_ascii_byte)) return;
  folded_ = fold_text(text);
  rest_ = folded_;
}

bool word_reader::take_whole(std::size_t bytes) {
  word_ = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return is_character_ = true;
}

bool word_reader::next() {
  word_.clear();
  is_character_ = false;
  for (std::size_t chars = 0; !rest_.empty();) {
    if (is_ascii_byte(rest_[0])) {
      if (rest_.size() > 1 && !is_ascii_byte(rest_[1]) && is_keycap(rest_))
        return chars > 0 || take_whole(1 + enclosing_keycap.size());
      const char letter = small_ascii_letters[static_cast<unsigned char>(rest_[0])];
      if (letter == 0 && chars > 0) return true;
      rest_.remove_prefix(1);
      if (letter != 0 && chars++ < limits::word_chars_max) word_ += letter;
      continue;
    }
    auto behind = rest_;
    const auto c = take_character(behind);
    const auto bytes = rest_.size() - behind.size();
    switch (kind_of(c)) {
      case char_kind::character:
        return chars > 0 || take_whole(whole_bytes(rest_, c, behind));
      case char_kind::separator:
        if (chars > 0) return true;
        break;
      case char_kind::mark:
        if (chars == 0) break;
        [[fallthrough]];
      case char_kind::letter:
        if (chars++ < limits::word_chars_max) word_ += rest_.substr(0, bytes);
        break;
    }
    rest_ = behind;
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
