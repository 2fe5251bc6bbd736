#pragma once
// Text of any script: normal forms, case folding and what a character is. The one place that knows
// ICU (its data is what Unicode says, so it follows the ICU that is installed).
//
// Bytes that are no UTF-8 count as U+FFFD.

#include <cstdint>
#include <string>
#include <string_view>

namespace chat {

/// The text in normal form C: what looks the same is the same.
std::string to_nfc(std::string_view text);

/// The text as it is compared: without its capitals (ß is ss, ς is σ, İ is i), in one normal form,
/// full-width and other compatible forms as the plain ones, without what nobody sees (variation
/// selectors, joiners, soft hyphens). Unicode's NFKC_Casefold, but emoji stay what they are.
std::string fold_text(std::string_view text);

/// Of the data that all of this follows: 0x0F0000 is Unicode 15.
std::uint32_t unicode_version();

/// What a character is to words.
enum class char_kind : std::uint8_t {
  separator,  ///< parts words: spaces, punctuation, most signs
  letter,     ///< a part of a word: letters, digits
  mark,       ///< belongs to what stands before it
  character,  ///< a word by itself: scripts that do not part words by spaces, emoji, symbols
};
char_kind kind_of(char32_t c);

/// Takes the first character off a text that is not empty.
char32_t take_character(std::string_view& text);
/// Takes the last one off.
char32_t take_last_character(std::string_view& text);

/// Whether a word may end, or begin, between these two texts: not within a word, and not between a
/// character and its marks. `_` counts as a letter.
bool is_word_boundary(std::string_view before, std::string_view behind);

/// Space of any kind, or another character that looks like one.
bool is_blank(char32_t c);
/// Nothing of it is to be seen, or it changes how others are seen: control characters, line breaks,
/// what turns the direction of writing, what has no width. Marks are none of these.
bool is_hidden(char32_t c);
/// It may be an emoji, or a part of one; # * and digits, which begin some, are none.
bool is_emoji(char32_t c);

}  // namespace chat
