#pragma once
// The terminal while somebody types in it: every key comes at once, nothing is echoed.

#include <cstddef>

namespace chat::cli {

/// Whether stdin and stdout are one.
bool is_terminal();
std::size_t terminal_columns();

/// From its making to its end; also when SIGTERM or SIGHUP ends the program.
class typing_mode {
 public:
  typing_mode();
  ~typing_mode();
  typing_mode(const typing_mode&) = delete;
  typing_mode& operator=(const typing_mode&) = delete;
};

}  // namespace chat::cli
