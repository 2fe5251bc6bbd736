#include "app/handover.hpp"

#include <unistd.h>

#include <fstream>
#include <system_error>

namespace chat {

namespace {

bool is_there(const std::filesystem::path& mark) {
  std::error_code ec;
  return std::filesystem::exists(mark, ec);
}

void remove_mark(const std::filesystem::path& mark) {
  std::error_code it_was_not_there;
  std::filesystem::remove(mark, it_was_not_there);
}

}  // namespace

bool handover::is_under_way() const { return is_there(stopping()); }
bool handover::has_next() const { return is_there(listening()); }

void handover::say_stopping() const {
  remove_mark(listening());  // of one that was killed
  std::ofstream(stopping()) << getpid() << '\n';
}

void handover::say_listening() const {
  if (is_under_way()) std::ofstream(listening()) << getpid() << '\n';
}

void handover::is_done() const {
  remove_mark(stopping());
  remove_mark(listening());
}

}  // namespace chat
