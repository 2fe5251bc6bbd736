#pragma once
// What became of posts to which clients gave an id of their own, so that a post sent twice is
// stored once (contract, section 4: clientMessageId).

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/counters.hpp"
#include "model/message.hpp"

namespace chat {

/// The newest posts of one room, by author and client id.
/// Limits: room_client_ids_max; room_client_ids_min while all rooms of the node together remember
/// node_client_ids_max, and after shrink().
class known_posts {
 public:
  known_posts() = default;
  known_posts(const known_posts&) = delete;  // keys_ points into posts_
  known_posts& operator=(const known_posts&) = delete;

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
  /// Counts what it remembers in the total of the node's rooms, until clear().
  void count_in(node_counters::counter& total) { total_ = &total; }
  /// The room is idle: remembers the newest only, and gives back the memory.
  void shrink();
  /// The room ends.
  void clear();

 private:
  using posts = std::unordered_map<std::string, entry>;
  void forget_oldest(std::size_t count_max);

  static std::size_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

  posts posts_;
  std::deque<const std::string*> keys_;  // of posts_, the oldest first
  node_counters::counter* total_ = nullptr;
};

}  // namespace chat
