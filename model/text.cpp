#include "model/text.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr char32_t zero_width_space = 0x200B;  // it parts words, so folding must not remove it
constexpr char32_t braille_blank = 0x2800;     // a symbol without a dot
constexpr char32_t first_tag = 0xE0020, last_tag = 0xE007F;  // of flags such as Scotland's

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) & 0x80) == 0; });
}

// Of ICU's data, which it loads once and never gives back.
struct normal_forms {
  const icu::Normalizer2* nfc = nullptr;
  icu::UnicodeSet folded;  // all but emoji, some of which have a letter as their compatible form
  const icu::Normalizer2* fold = nullptr;

  normal_forms() {
    UErrorCode error = U_ZERO_ERROR;
    nfc = icu::Normalizer2::getNFCInstance(error);
    fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
    folded.applyIntPropertyValue(UCHAR_EXTENDED_PICTOGRAPHIC, 1, error);
    folded.add(first_tag, last_tag).add(zero_width_space).complement().freeze();
    if (U_FAILURE(error) != 0) throw std::runtime_error("ICU has no data of Unicode");
  }
};

const normal_forms& forms() {
  static const normal_forms loaded;
  return loaded;
}

std::string normalized(const icu::Normalizer2& form, std::string_view text) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(text.size()));
  UErrorCode error = U_ZERO_ERROR;
  form.normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr,
                     error);
  return U_SUCCESS(error) != 0 ? out : std::string(text);  // it fails for want of memory only
}

// Whether a letter's line may break beside it without a space: those of scripts that have none.
bool stands_alone(char32_t c) {
  switch (u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_LINE_BREAK)) {
    case U_LB_IDEOGRAPHIC:
    case U_LB_COMPLEX_CONTEXT:
    case U_LB_CONDITIONAL_JAPANESE_STARTER:
    case U_LB_NONSTARTER:
    case U_LB_H2:
    case U_LB_H3:
    case U_LB_JL:
    case U_LB_JV:
    case U_LB_JT:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string to_nfc(std::string_view text) {
  return is_ascii(text) ? std::string(text) : normalized(*forms().nfc, text);
}

std::string fold_text(std::string_view text) {
  if (is_ascii(text)) return ascii_lower(text);
  static const icu::FilteredNormalizer2 fold(*forms().fold, forms().folded);
  auto out = normalized(fold, text);
  constexpr std::string_view dotted = "i\xCC\x87";
  for (auto at = out.find(dotted); at != std::string::npos; at = out.find(dotted, at + 1))
    out.erase(at + 1, dotted.size() - 1);
  return out;
}

std::uint32_t unicode_version() {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  return std::uint32_t{version[0]} << 16 | std::uint32_t{version[1]} << 8 | version[2];
}

char_kind kind_of(char32_t c) {
  const auto as_word = [c] { return stands_alone(c) ? char_kind::character : char_kind::letter; };
  if (is_emoji(c)) return char_kind::character;
  switch (u_charType(static_cast<UChar32>(c))) {
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_DECIMAL_DIGIT_NUMBER:
    case U_LETTER_NUMBER:
    case U_OTHER_NUMBER:
      return char_kind::letter;
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:  // of a newer Unicode
      return as_word();
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK:
      return stands_alone(c) ? char_kind::character : char_kind::mark;
    case U_ENCLOSING_MARK:
      return char_kind::mark;
    case U_OTHER_SYMBOL:
      return char_kind::character;
    default:
      return char_kind::separator;
  }
}

char32_t take_character(std::string_view& text) {
  std::int32_t size = 0;
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), size, static_cast<std::int32_t>(text.size()), c);
  text.remove_prefix(static_cast<std::size_t>(size));
  return static_cast<char32_t>(c);
}

char32_t take_last_character(std::string_view& text) {
  auto end = static_cast<std::int32_t>(text.size());
  UChar32 c = 0;
  U8_PREV_OR_FFFD(text.data(), 0, end, c);
  text = text.substr(0, static_cast<std::size_t>(end));
  return static_cast<char32_t>(c);
}

bool is_word_boundary(std::string_view before, std::string_view behind) {
  if (behind.empty() || before.empty()) return true;
  const auto is_letter = [](char32_t c) { return c == U'_' || kind_of(c) == char_kind::letter; };
  const auto next = take_character(behind);
  if (kind_of(next) == char_kind::mark) return false;
  if (!is_letter(next)) return true;
  auto last = take_last_character(before);
  while (kind_of(last) == char_kind::mark && !before.empty()) last = take_last_character(before);
  return !is_letter(last);
}

bool is_blank(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0 || c == braille_blank;
}

bool is_hidden(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  switch (u_charType(point)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_SURROGATE:
      return true;
    default:
      return u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 ||
             U_IS_UNICODE_NONCHAR(point);
  }
}

bool is_emoji(char32_t c) {
  // Where most letters are there are none, and letters are what is asked for most.
  if (c < 0x2000) return c == U'©' || c == U'®';
  if (c > 0x3300 && c < 0x1F000) return false;
  const auto point = static_cast<UChar32>(c);
  return u_hasBinaryProperty(point, UCHAR_EXTENDED_PICTOGRAPHIC) != 0 ||
         u_hasBinaryProperty(point, UCHAR_EMOJI) != 0;
}

}  // namespace chat
