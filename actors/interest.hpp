#pragma once
// Whether somebody still waits for the answer of a call.

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace chat {

/// Lost when the caller cancels the call or hangs up; then what waits on its behalf stops waiting.
/// Work that was begun goes on: a write is never half done. Thread: any.
class interest {
 public:
  void lose() {
    std::function<void()> then;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(is_lost_, true)) return;
      then.swap(when_lost_);
    }
    if (then) then();
  }
  bool is_lost() const {
    const std::lock_guard lock(mutex_);
    return is_lost_;
  }
  /// Called once when it is lost; at once where it is. Takes the place of the one before.
  void when_lost(std::function<void()> then) {
    {
      const std::lock_guard lock(mutex_);
      if (!is_lost_) return when_lost_.swap(then);
    }
    if (then) then();
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::function<void()> when_lost_;
  bool is_lost_ = false;
};

/// Null: nobody can lose it.
using interest_ptr = std::shared_ptr<interest>;

}  // namespace chat
