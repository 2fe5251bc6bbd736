#include "cli/terminal.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <initializer_list>

namespace chat::cli {

namespace {

termios as_it_was;

extern "C" void leave_terminal(int number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

bool is_terminal() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

typing_mode::typing_mode() {
  tcgetattr(STDIN_FILENO, &as_it_was);
  for (const int number : {SIGTERM, SIGHUP}) signal(number, leave_terminal);
  termios raw = as_it_was;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

typing_mode::~typing_mode() {
  tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
  for (const int number : {SIGTERM, SIGHUP}) signal(number, SIG_DFL);
}

}  // namespace chat::cli
