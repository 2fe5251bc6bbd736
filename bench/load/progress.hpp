#pragma once
// What a person sees while a run takes its time.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace bench {

/// A line on a terminal, nothing elsewhere. Thread: one.
class progress {
 public:
  ~progress() { clear(); }

  /// What the next steps belong to.
  void title(std::string text) { title_ = std::move(text); }
  /// `share` of `what` is done, 0 to 1.
  void show(const std::string& what, double share) {
    if (!is_terminal_) return;
    constexpr int width = 30;
    const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
    std::string bar;
    for (int i = 0; i < width; ++i) bar += i < filled ? "█" : "░";
    std::fprintf(stderr, "\r\x1b[K%s %s %s", bar.c_str(), title_.c_str(), what.c_str());
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::string title_;
};

}  // namespace bench
