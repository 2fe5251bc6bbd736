#pragma once
// A line that is typed: its text, the cursor, the lines before it. Knows bytes, and no terminal.

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::cli {

class line_editor {
 public:
  struct handlers {
    std::function<void(std::string)> on_line;
    /// Ctrl-D on an empty line, or Ctrl-C.
    std::function<void()> on_end;
    /// Words that may stand where this begins, for the tab key; may be empty.
    std::function<std::vector<std::string>(std::string_view)> complete = {};
  };

  explicit line_editor(handlers h) : handlers_(std::move(h)) {}

  /// What came from the terminal, in pieces of any size.
  void take(std::string_view bytes);

  const std::string& text() const { return text_; }
  /// The line as it stands on the screen, in `columns`: what to write over the last one. It ends
  /// where the cursor is.
  std::string shown(std::string_view prompt, std::size_t columns) const;

 private:
  void take_byte(char c);
  void take_escape(char c);
  void insert(char c);
  void finish_line();
  void erase_before();
  void erase_word();
  void complete_word();
  void recall(bool older);
  void replace(std::string text);
  std::size_t before(std::size_t at) const;
  std::size_t after(std::size_t at) const;

  const handlers handlers_;
  std::string text_;        // UTF-8
  std::size_t cursor_ = 0;  // byte
  std::string escape_;      // a sequence that has begun
  std::deque<std::string> history_;
  std::size_t recalled_ = 0;  // how many lines back
  std::string put_aside_;     // what was typed before one went back
};

}  // namespace chat::cli
