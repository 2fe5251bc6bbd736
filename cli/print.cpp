#include "cli/print.hpp"

#include <unistd.h>

#include <cstdio>
#include <memory>

#include "cli/render.hpp"

namespace chat::cli {

const paint& out_colours() {
  static const paint colours(wants_colours(STDOUT_FILENO));
  return colours;
}

const paint& note_colours() {
  static const paint colours(wants_colours(STDERR_FILENO));
  return colours;
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

bool print_json(const json& value, int indent) { return print(dump(value, indent) + '\n'); }

void note(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

int refuse(const settings& s, const trouble& why) {
  std::fputs(render_trouble(why, note_colours()).c_str(), stderr);
  if (s.json) print_json(result_of(why));
  return exit_failed;
}

outcome<std::string> read_all(const std::string& file_or_dash) {
  const bool is_stdin = file_or_dash == "-";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(
      is_stdin ? stdin : std::fopen(file_or_dash.c_str(), "rb"),
      is_stdin ? [](std::FILE*) { return 0; } : std::fclose);
  if (!in) return no("INVALID_INPUT", "Cannot read " + file_or_dash, "Name a file, or - for stdin");
  std::string text;
  char piece[8192];
  while (const auto bytes = std::fread(piece, 1, sizeof piece, in.get())) {
    text.append(piece, bytes);
    if (text.size() > limits::cli_input_bytes_max)
      return no("INVALID_INPUT", "The input is longer than 1 MiB, which no node takes",
                "Send it in parts");
  }
  if (std::ferror(in.get()))
    return no("INVALID_INPUT", "Cannot read " + file_or_dash, "Name a file, or - for stdin");
  return text;
}

}  // namespace chat::cli
