#pragma once
// Settings that may change while others read them.

#include <atomic>
#include <deque>
#include <utility>

namespace chat {

/// A value that one thread replaces now and then and any thread reads at the cost of a pointer.
/// What was read stays as it is: former values are kept, since nobody knows who still looks at
/// them. For what is small, and changes by an operator's hand.
template <class T>
class published {
 public:
  published() : published(T{}) {}
  explicit published(T first) { set(std::move(first)); }
  published(const published&) = delete;
  published& operator=(const published&) = delete;

  /// Thread: any.
  const T& get() const { return *now_.load(std::memory_order_acquire); }
  /// Thread: one.
  void set(T next) { now_.store(&all_.emplace_back(std::move(next)), std::memory_order_release); }

 private:
  std::deque<T> all_;  // keeps its elements where they are
  std::atomic<const T*> now_{nullptr};
};

}  // namespace chat
