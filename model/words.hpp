#pragma once
// Text as words, the way search sees it.
//
// A word is a run of letters and digits; everything else parts words. Capitals do not count: Latin,
// Greek, Cyrillic, Armenian and full-width letters are folded one by one (so é is not e, and ß not
// ss). Where words are not parted by spaces (Chinese, Japanese, Korean, Thai and their
// neighbours) every character is a word, and so is every emoji.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// Reads the words of valid UTF-8 one after the other. The text must outlive it.
class word_reader {
 public:
  explicit word_reader(std::string_view text) : rest_(text) {}

  /// Goes to the next word; false at the end.
  bool next();
  /// Folded, and cut to limits::word_chars_max characters. Good until the next call.
  std::string_view word() const { return word_; }
  /// A character that is a word by itself: no word begins with it.
  bool is_character() const { return is_character_; }

 private:
  std::string_view rest_;
  std::string word_;
  bool is_character_ = false;
};

/// A word to look for.
struct search_word {
  std::string text;        ///< folded
  bool is_prefix = false;  ///< words that begin with it are meant as well

  bool operator==(const search_word&) const = default;
};

/// The words of a query, each once; the last one is a prefix, unless it is one character that is a
/// word by itself.
std::vector<search_word> search_words(std::string_view query);

/// Whether the text has all of the words, 64 at most.
bool has_words(std::string_view text, const std::vector<search_word>& words);

}  // namespace chat
