#pragma once
// Text as words, the way search sees it.
//
// A word is a run of letters and digits of any script, folded (text.hpp: so neither capitals nor
// normal forms count, é is not e, and ß is ss); spaces, punctuation and signs part words. Where
// words are not parted by spaces (Chinese, Japanese, Korean, Thai and their neighbours) every
// character is a word, and so is every symbol and emoji: a flag and a keycap is one, one that is
// joined of several is several. Selectors and joiners do not count.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// Changes whenever the words of some text do: with these rules and with Unicode.
std::uint32_t words_version();

/// Reads the words of valid UTF-8 one after the other. The text must outlive it.
class word_reader {
 public:
  explicit word_reader(std::string_view text);
  word_reader(const word_reader&) = delete;  // reads what it holds
  word_reader& operator=(const word_reader&) = delete;

  /// Goes to the next word; false at the end.
  bool next();
  /// Folded, and cut to limits::word_chars_max characters. Good until the next call.
  std::string_view word() const { return word_; }
  /// A character that is a word by itself: no word begins with it.
  bool is_character() const { return is_character_; }

 private:
  /// Takes one that is a word by itself, and what belongs to it.
  bool take_whole(std::size_t bytes);

  std::string folded_;  // the text, where it is not ASCII alone
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
