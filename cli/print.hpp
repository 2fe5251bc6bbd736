#pragma once
// What goes to stdout, and what to stderr: results there, everything else here.

#include <string>

#include "cli/outcome.hpp"
#include "cli/paint.hpp"
#include "cli/settings.hpp"

namespace chat::cli {

/// For results.
const paint& out_colours();
/// For messages.
const paint& note_colours();

/// Answers whether it was written. Where it was not, the program's exit code says so.
bool print(const std::string& text);
/// Indented, as the public tool does, or on one line.
bool print_json(const json& value, int indent = 2);
void note(const std::string& line);

/// Tells why it was not done; with --json on stdout too, as a failed CommandResult. Answers the
/// exit code.
int refuse(const settings& s, const trouble& why);
/// All of stdin, or of a file; a failure when it is longer than any node takes.
outcome<std::string> read_all(const std::string& file_or_dash);

}  // namespace chat::cli
