#include "model/shown_name.hpp"

#include "model/text.hpp"
#include "model/unicode.hpp"

namespace chat {

namespace {

constexpr char32_t joiner = 0x200D, text_style = 0xFE0E, emoji_style = 0xFE0F, keycap = 0x20E3;
constexpr char32_t black_flag = 0x1F3F4;

bool is_tag(char32_t c) { return c >= 0xE0020 && c <= 0xE007F; }
bool is_keycap_base(char32_t c) { return (c >= U'0' && c <= U'9') || c == U'#' || c == U'*'; }

// Walks over a name and knows what an emoji that began may have next.
class name_walk {
 public:
  explicit name_walk(std::string_view text) : rest_(text) {}

  bool next() {
    if (rest_.empty()) return false;
    const auto before = rest_;
    character_ = take_character(rest_);
    bytes_ = before.substr(0, before.size() - rest_.size());
    is_bad_ = is_hidden(character_) && !is_of_emoji();
    if (!is_hidden(character_)) base_ = character_;
    previous_ = character_;
    return true;
  }
  bool is_bad() const { return is_bad_; }
  bool is_visible() const {
    return !is_hidden(character_) && !is_blank(character_) &&
           kind_of(character_) != char_kind::mark;
  }
  std::string_view bytes() const { return bytes_; }

 private:
  bool is_of_emoji() const {
    auto rest = rest_;
    const auto next = rest.empty() ? U'\0' : take_character(rest);
    switch (character_) {
      case emoji_style:
        return is_emoji(previous_) || (is_keycap_base(previous_) && next == keycap);
      case text_style:
        return is_emoji(previous_);
      case joiner:
        return is_emoji(previous_ == emoji_style ? base_ : previous_) && is_emoji(next);
      default:
        return is_tag(character_) && (previous_ == black_flag || is_tag(previous_));
    }
  }

  std::string_view rest_, bytes_;
  char32_t character_ = 0, previous_ = 0;
  char32_t base_ = 0;  // the last one that is not hidden
  bool is_bad_ = false;
};

std::string without_bad(std::string_view text) {
  std::string out;
  for (name_walk at(text); at.next();)
    if (!at.is_bad()) out += at.bytes();
  return out;
}

std::string_view trimmed(std::string_view text) {
  for (auto rest = text; !rest.empty() && is_blank(take_character(rest));) text = rest;
  for (auto rest = text; !rest.empty() && is_blank(take_last_character(rest));) text = rest;
  return text;
}

}  // namespace

std::optional<std::string> shown_name(std::string_view text) {
  const auto nfc = to_nfc(text);
  const auto name = trimmed(nfc);
  bool is_visible = false;
  for (name_walk at(name); at.next();) {
    if (at.is_bad()) return std::nullopt;
    is_visible = is_visible || at.is_visible();
  }
  if (!is_visible) return std::nullopt;
  return std::string(name);
}

std::string cleaned_name(std::string_view text, std::size_t units_max) {
  const auto clean = without_bad(to_nfc(text));
  // Cutting may leave the beginning of an emoji.
  return shown_name(without_bad(utf16_prefix(trimmed(clean), units_max))).value_or("");
}

}  // namespace chat
