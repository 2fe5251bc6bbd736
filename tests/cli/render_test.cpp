// Results as people see them.

#include "cli/render.hpp"

#include <catch2/catch.hpp>

#include "cli/history_frames.hpp"

namespace chat::test {

using namespace cli;

namespace {

const paint plain(false);

std::string rendered(const char* data) { return render_data(json::parse(data), plain); }

}  // namespace

TEST_CASE("objects are aligned lines, lists of objects are tables", "[cli]") {
  CHECK(rendered(R"({"a":1,"long":"x y","list":["b",2],"none":null})") ==
        "  a     1\n  long  x y\n  list  b, 2\n  none  -\n");
  CHECK(rendered(R"([{"id":"a","n":1},{"id":"long one","tags":[1,2]}])") ==
        "  id        n  tags\n  a         1  \n  long one     1, 2\n");
  CHECK(rendered(R"({"rooms":[{"id":"a"}],"of":{"x":1}})") ==
        "  rooms\n    id\n    a\n  of\n    x  1\n");
  CHECK(rendered(R"({"text":"two\nlines"})") == "  text  two\n        lines\n");
  CHECK(rendered(R"({"wide":"é","x":1})") == "  wide  é\n  x     1\n");
  CHECK(rendered("[]").empty());
  CHECK(rendered("5") == "  5\n");
}

TEST_CASE("a result shows what happened and what to do next", "[cli]") {
  const auto failed = json::parse(R"({"success":false,"error":{"code":"NO","message":"Not so",
      "suggestion":"Do this","retryable":true}})");
  CHECK(render_result(failed, plain, false) ==
        "✗ Not so [NO]\ntry: Do this\nThe same call may work later\n");
  const auto done = json::parse(R"({"success":true,"data":{"id":"m1"},"reasoning":"Sent",
      "warnings":[{"message":"Mind"}],"undoCommand":"chat-delete","undoArgs":{"id":"m 1"},
      "_agentHints":{"nextAction":"Call chat-poll"}})");
  CHECK(render_result(done, plain, false) ==
        "✓ Sent\n  id  m1\n! Mind\nnext: Call chat-poll\nundo: afd call chat-delete id='m 1'\n");
  // Whatever a node answers, it is shown.
  for (const auto* odd : {"{}", "[]", "null", R"({"success":true})", R"({"error":5})",
                          R"({"success":true,"warnings":5,"_agentHints":[],"suggestions":{}})"})
    CHECK_FALSE(render_result(json::parse(odd), plain, true).empty());
}

TEST_CASE("a value behind key= is quoted for a shell, and read as what it was", "[cli]") {
  CHECK(as_argument("general") == "general");
  CHECK(as_argument("it's") == R"('it'\''s')");
  CHECK(as_argument("42") == "42");  // the schema says that it is text
  CHECK(as_argument(42) == "42");
  CHECK(as_argument("") == "''");
}

TEST_CASE("text of others is no command for the terminal", "[cli]") {
  CHECK(terminal_text("a\x1b[31m\xc2\x9b\x07 é\x7f\nb") == "a [31m  \x20é  b");
  CHECK(terminal_text("a\nb", true) == "a\nb");
}

TEST_CASE("a page becomes the frames that it would have been", "[cli]") {
  const auto page = json::parse(R"({"messages":[
      {"id":"m1","sender":"A","text":"x","timestamp":"2026-01-05T10:20:30.456Z"},
      {"id":"m2","sender":"A","text":"","timestamp":"2026-01-05T10:20:30.456Z","deleted":true},
      {"id":"m4","sender":"A","text":"y","timestamp":"none"}],
      "changes":[{"id":"m3","messageId":"m1","change":"edited","text":"x","by":"A","timestamp":
      "1970-01-01T00:00:01.002Z"}]})");
  const auto frames = frames_of_page(page);
  REQUIRE(frames.size() == 3);
  CHECK(dump(frames[0]) == R"({"type":"message","id":"m1","sender":"A","text":"x",)"
                           R"("timestamp":1767608430456,"history":true})");
  CHECK(cli::text_at(frames[1], "type") == "message_edited");
  CHECK(cli::at(frames[1], "timestamp") == 1002);
  CHECK(cli::text_at(frames[2], "id") == "m4");
  CHECK(frames_of_page(json()).empty());
}

}  // namespace chat::test
