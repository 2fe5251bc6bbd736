#pragma once
// What one room has said, as the harness heard it: the yardstick every member is held against.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// The first member to receive a message writes it down, and every other one must get the same
/// bytes at the same place. So a loss, a repeat or a swap shows at the frame where it happens, and
/// checking a delivery costs one comparison. Thread: one.
class room_log {
 public:
  struct entry {
    std::string bytes;     ///< the whole payload
    std::uint32_t author;  ///< who said it
    std::int64_t sent_ns;  ///< when it was, or should have been, sent
  };

  /// Places count from 0 and stay what they are when old entries are dropped.
  std::uint64_t begin() const { return first_; }
  std::uint64_t end() const { return first_ + entries_.size(); }
  const entry& at(std::uint64_t place) const { return entries_[place - first_]; }
  void append(entry e) { entries_.push_back(std::move(e)); }

  /// Drops what stands before `place`: everybody has it.
  void forget(std::uint64_t place) {
    while (first_ < place && !entries_.empty()) {
      entries_.pop_front();
      ++first_;
    }
  }

  /// The place of these bytes, searched from the end back to `from`.
  std::optional<std::uint64_t> find(std::string_view bytes, std::uint64_t from) const {
    for (auto place = end(); place > std::max(from, first_); --place)
      if (at(place - 1).bytes == bytes) return place - 1;
    return std::nullopt;
  }

 private:
  std::deque<entry> entries_;
  std::uint64_t first_ = 0;
};

/// Value of a string field in JSON written without spaces; `name` with its quotes and colon. Empty
/// when it is not there. Good for ids and for the harness's texts, which hold nothing that JSON
/// escapes.
inline std::string_view json_text(std::string_view json, std::string_view name) {
  const auto at = json.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 1;
  const auto end = json.find('"', begin);
  if (end == std::string_view::npos) return {};
  return json.substr(begin, end - begin);
}

}  // namespace bench
