#pragma once
// What became of posts to which clients gave an id of their own, so that a post sent twice is
// stored once (contract, section 4: clientMessageId).

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/message.hpp"

namespace chat {

/// The newest room_client_ids_max posts of one room, by author and client id.
class known_posts {
 public:
  struct entry {
    sequence seq = 0;  ///< 0 while it is not committed
    std::int64_t timestamp_ms = 0;
    std::optional<std::size_t> text_hash = {};  ///< nothing: its text was changed since

    bool has_text(std::string_view text) const { return !text_hash || *text_hash == hash(text); }
  };

  /// What is known of the post with this author and client id, or null.
  const entry* find(const message& m) const;
  /// Remembers a post under way (`seq` 0) or committed. One without a client id is ignored.
  void remember(const message& m, sequence seq);
  /// Forgets a post that was refused, so that it may be sent again.
  void forget(const message& m);

 private:
  static std::size_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

  std::unordered_map<std::string, entry> posts_;
  std::deque<std::string> order_;  // the oldest first
};

}  // namespace chat
