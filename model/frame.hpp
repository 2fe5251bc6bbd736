#pragma once
// Bytes ready for the wire, shared by everyone who gets them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace chat {

/// A piece of an immutable block of whole WebSocket frames (or of whatever a connection speaks).
/// Copying it copies a reference. Thread: any, since nobody writes to the block any more.
class frame {
 public:
  frame() = default;
  explicit frame(std::string bytes)
      : block_(std::make_shared<const std::string>(std::move(bytes))),
        size_(static_cast<std::uint32_t>(block_->size())) {}

  /// A part of this frame, sharing its bytes.
  frame slice(std::size_t begin, std::size_t size) const {
    frame part = *this;
    part.begin_ += static_cast<std::uint32_t>(begin);
    part.size_ = static_cast<std::uint32_t>(size);
    return part;
  }

  std::string_view bytes() const {
    return block_ ? std::string_view(*block_).substr(begin_, size_) : std::string_view();
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::shared_ptr<const std::string> block_;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace chat
