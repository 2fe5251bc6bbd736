#pragma once
// A room's newest messages in memory: what most polls and catch-ups ask for.

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "model/message.hpp"

namespace chat {

/// Bounded by room_tail_bytes_max and room_tail_messages_max; what falls out is in the store.
class room_tail {
 public:
  /// Takes what the store holds of the room's end. `complete` tells that nothing is older.
  void load(std::vector<message_ptr> messages, bool complete);
  /// Adds a message with a higher sequence than all before.
  void push(message_ptr m);
  /// The message or change with that sequence, or null when it is not here.
  message_ptr find(sequence seq) const;
  /// Puts the copy of a message in its place, if that is here.
  void replace(message_ptr changed);
  /// Takes the text of all earlier edits of what the change is about.
  void supersede(const message& change);
  /// Gives the memory back; `committed` is the room's last sequence.
  void drop(sequence committed);

  /// True when everything held above `after` is in the tail.
  bool covers(sequence after) const { return after + 1 >= begin_; }
  /// At most `limit` messages above `after`, which the tail covers.
  history_page page(sequence after, std::size_t limit) const;
  /// At most `limit` messages below `before`, the newest; nothing when older ones, which are not
  /// here, belong to them.
  std::optional<history_page> back(sequence before, std::size_t limit) const;
  /// The newest above `after`, which the tail covers, that fit the limits of catching up.
  history_page newest(sequence after) const;

 private:
  bool is_gap_behind(sequence after) const;

  std::deque<message_ptr> messages_;
  std::size_t bytes_ = 0;
  sequence begin_ = 1;  // everything held from here on is in messages_
};

}  // namespace chat
