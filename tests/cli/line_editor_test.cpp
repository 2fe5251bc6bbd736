// A line that is typed, key by key.

#include "cli/line_editor.hpp"

#include <catch2/catch.hpp>

namespace chat::test {

using cli::line_editor;

namespace {

struct typist {
  std::vector<std::string> lines;
  bool has_ended = false;
  line_editor editor{{.on_line = [this](std::string line) { lines.push_back(std::move(line)); },
                      .on_end = [this] { has_ended = true; },
                      .complete =
                          [](std::string_view typed) {
                            return typed.ends_with("chat-h")
                                       ? std::vector<std::string>{"chat-history"}
                                       : std::vector<std::string>{"chat-poll", "chat-post"};
                          }}};
};

}  // namespace

TEST_CASE("keys edit the line: characters are whole, however many bytes they have", "[cli]") {
  typist t;
  t.editor.take("h\xc3\xa9");
  t.editor.take("\xf0\x9f\x99\x82!\x1b[D\x7f");
  CHECK(t.editor.text() == "hé!");
  t.editor.take("\x01>\x05<\x1b[D\x1b[D\x1b[3~");
  CHECK(t.editor.text() == ">hé<");
  t.editor.take(" two words\x17\x17");
  CHECK(t.editor.text() == ">hé <");
  t.editor.take("\x15\x0b");
  CHECK(t.editor.text().empty());
  t.editor.take("\x1b[200~a\x1bx\x1b[1;5Cb\r");
  CHECK(t.lines == std::vector<std::string>{"ab"});
}

TEST_CASE("arrows bring lines back, and what was begun", "[cli]") {
  typist t;
  t.editor.take("one\rtwo\rtwo\rbegun\x1b[A");
  CHECK(t.editor.text() == "two");
  t.editor.take("\x1b[A\x1b[A");
  CHECK(t.editor.text() == "one");
  t.editor.take("\x1b[B\x1b[B");
  CHECK(t.editor.text() == "begun");
}

TEST_CASE("tab completes as far as all agree; Ctrl-D ends an empty line only", "[cli]") {
  typist t;
  t.editor.take("call chat-h\t");
  CHECK(t.editor.text() == "call chat-history ");
  t.editor.take(
      "\x15"
      "chat\t");
  CHECK(t.editor.text() == "chat-po");
  t.editor.take("\x04");
  CHECK(!t.has_ended);
  t.editor.take("\x15\x04");
  CHECK(t.has_ended);
}

TEST_CASE("of a long line the part around the cursor is shown", "[cli]") {
  typist t;
  t.editor.take("0123456789abcdefghijklmnopqrstuvwxyz");
  CHECK(t.editor.shown("> ", 23) == "\r\x1b[K> ghijklmnopqrstuvwxyz");
  t.editor.take("\x01");
  CHECK(t.editor.shown("> ", 23) == "\r\x1b[K> 0123456789abcdefghij\x1b[20D");
}

}  // namespace chat::test
