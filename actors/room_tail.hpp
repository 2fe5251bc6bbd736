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
  /// Takes what the store holds of the room's end. `complete` tells that nothing is older, but for
  /// what was removed: that had sequences up to `removed`.
  void load(std::vector<message_ptr> messages, bool complete, sequence removed);
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
  /// True when, besides, the tail can tell whether the room has that position. The pages below are
  /// marked then: is_truncated, restart_at.
  bool knows(sequence after) const { return covers(after) && newest_up_to(after).has_value(); }
  /// At most `limit` messages above `after`, which the tail covers.
  history_page page(sequence after, std::size_t limit) const;
  /// At most `limit` messages below `before`, the newest; nothing when older ones, which are not
  /// here, belong to them.
  std::optional<history_page> back(sequence before, std::size_t limit) const;
  /// The newest above `after`, which the tail covers, that fit the limits of catching up.
  history_page newest(sequence after) const;
  /// The newest sequence held that is not above `seq`, 0 for none; nothing when only the store
  /// knows.
  std::optional<sequence> newest_up_to(sequence seq) const;
  /// Marks a page that lies at that position, as far as the tail can tell.
  void mark(history_page& page, sequence at) const;

 private:
  std::deque<message_ptr> messages_;
  std::size_t bytes_ = 0;
  sequence begin_ = 1;    // everything held from here on is in messages_ …
  sequence before_ = 0;   // … and this one is the last before it; 0: not known
  sequence removed_ = 0;  // see load
};

}  // namespace chat
