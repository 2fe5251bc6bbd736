#pragma once
// How a node that stops and the next one on the same data directory find each other: marks in it.

#include <filesystem>

namespace chat {

/// The node that stops writes `chatd.draining` and goes on listening; the next one, which waits for
/// the store, listens at the same addresses and writes `chatd.listening`; then the first one stops
/// listening. With the store the next one has both: it removes them. So there is always a node that
/// listens, and one that is started by mistake, beside a node that does not stop, is refused.
class handover {
 public:
  explicit handover(std::filesystem::path data) : data_(std::move(data)) {}

  /// A node stops that has, or had, this store.
  bool is_under_way() const;
  /// The next node listens.
  bool has_next() const;

  void say_stopping() const;
  /// Without effect where none stops.
  void say_listening() const;
  void is_done() const;

 private:
  std::filesystem::path stopping() const { return data_ / "chatd.draining"; }
  std::filesystem::path listening() const { return data_ / "chatd.listening"; }

  std::filesystem::path data_;
};

}  // namespace chat
