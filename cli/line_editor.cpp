#include "cli/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "cli/paint.hpp"
#include "model/cli_limits.hpp"

namespace chat::cli {

namespace {

constexpr char ctrl(char letter) { return static_cast<char>(letter & 0x1F); }

bool is_middle(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

void line_editor::take(std::string_view bytes) {
  for (const char c : bytes)
    if (escape_.empty())
      take_byte(c);
    else
      take_escape(c);
}

void line_editor::take_byte(char c) {
  switch (c) {
    case '\x1b':
      escape_ = c;
      return;
    case '\r':
    case '\n':
      return finish_line();
    case '\t':
      return complete_word();
    case '\x7f':
    case ctrl('H'):
      return erase_before();
    case ctrl('W'):
      return erase_word();
    case ctrl('U'):
      text_.erase(0, cursor_);
      cursor_ = 0;
      return;
    case ctrl('K'):
      text_.erase(cursor_);
      return;
    case ctrl('A'):
      cursor_ = 0;
      return;
    case ctrl('E'):
      cursor_ = text_.size();
      return;
    case ctrl('B'):
      cursor_ = before(cursor_);
      return;
    case ctrl('F'):
      cursor_ = after(cursor_);
      return;
    case ctrl('P'):
      return recall(true);
    case ctrl('N'):
      return recall(false);
    case ctrl('C'):
      return handlers_.on_end();
    case ctrl('D'):
      if (text_.empty()) return handlers_.on_end();
      text_.erase(cursor_, after(cursor_) - cursor_);
      return;
    default:
      if (static_cast<unsigned char>(c) >= 0x20) insert(c);
  }
}

// `ESC [ … letter` and `ESC O letter`; others are let go.
void line_editor::take_escape(char c) {
  escape_ += c;
  if (escape_.size() == 2 && (c == '[' || c == 'O')) return;
  const bool goes_on = escape_.size() > 2 && (c < '@' || c > '~') && escape_.size() < 16;
  if (goes_on) return;
  const auto sequence = std::exchange(escape_, {}).substr(1);
  if (sequence == "[A" || sequence == "OA") recall(true);
  if (sequence == "[B" || sequence == "OB") recall(false);
  if (sequence == "[C" || sequence == "OC") cursor_ = after(cursor_);
  if (sequence == "[D" || sequence == "OD") cursor_ = before(cursor_);
  if (sequence == "[H" || sequence == "OH" || sequence == "[1~") cursor_ = 0;
  if (sequence == "[F" || sequence == "OF" || sequence == "[4~") cursor_ = text_.size();
  if (sequence == "[3~") text_.erase(cursor_, after(cursor_) - cursor_);
}

void line_editor::insert(char c) {
  if (text_.size() >= limits::cli_line_bytes_max) return;
  text_.insert(cursor_++, 1, c);
}

void line_editor::finish_line() {
  auto line = std::exchange(text_, {});
  cursor_ = recalled_ = 0;
  if (!line.empty() && (history_.empty() || history_.back() != line)) history_.push_back(line);
  if (history_.size() > limits::cli_history_lines_max) history_.pop_front();
  handlers_.on_line(std::move(line));
}

void line_editor::erase_before() {
  const auto from = before(cursor_);
  text_.erase(from, cursor_ - from);
  cursor_ = from;
}

void line_editor::erase_word() {
  while (cursor_ > 0 && text_[cursor_ - 1] == ' ') erase_before();
  while (cursor_ > 0 && text_[cursor_ - 1] != ' ') erase_before();
}

// As far as all words that fit agree.
void line_editor::complete_word() {
  if (!handlers_.complete) return;
  const auto typed = std::string_view(text_).substr(0, cursor_);
  const auto words = handlers_.complete(typed);
  if (words.empty()) return;
  std::string common = words.front();
  for (const auto& word : words)
    common.resize(
        static_cast<std::size_t>(std::ranges::mismatch(common, word).in1 - common.begin()));
  const auto begin = typed.rfind(' ') + 1;  // 0 when there is none
  if (words.size() == 1) common += ' ';
  const auto tail = text_.substr(cursor_);
  const auto head = text_.substr(0, begin) + common;
  cursor_ = head.size();
  text_ = head + tail;
}

void line_editor::recall(bool older) {
  if (older ? recalled_ == history_.size() : recalled_ == 0) return;
  if (recalled_ == 0) put_aside_ = text_;
  recalled_ += older ? 1 : std::size_t(-1);
  replace(recalled_ == 0 ? put_aside_ : history_[history_.size() - recalled_]);
}

void line_editor::replace(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

std::size_t line_editor::before(std::size_t at) const {
  if (at > 0) --at;
  while (at > 0 && is_middle(text_[at])) --at;
  return at;
}

std::size_t line_editor::after(std::size_t at) const {
  if (at < text_.size()) ++at;
  while (at < text_.size() && is_middle(text_[at])) ++at;
  return at;
}

std::string line_editor::shown(std::string_view prompt, std::size_t columns) const {
  const auto taken = width_of(prompt) + 1;
  const auto room = columns > taken + 10 ? columns - taken : 10;
  // The part around the cursor that fits.
  std::size_t begin = cursor_;
  for (std::size_t left = room; left > 0 && begin > 0; --left) begin = before(begin);
  std::size_t end = begin;
  for (std::size_t left = room; left > 0 && end < text_.size(); --left) end = after(end);
  const auto visible = std::string_view(text_).substr(begin, end - begin);
  std::string out = "\r\x1b[K" + std::string(prompt) + terminal_text(visible);
  const auto back = width_of(std::string_view(text_).substr(cursor_, end - cursor_));
  if (back > 0) out += "\x1b[" + std::to_string(back) + 'D';
  return out;
}

}  // namespace chat::cli
