#pragma once
// What changes of messages do to the entries that hold those messages: an edited message is read in
// its new form ever after, of a deleted one no text is left. Private to this folder.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store_impl.hpp"

namespace chat {

/// The entries of one room that some changes touch, as they will be. Thread: the writing one.
class entry_changes {
 public:
  entry_changes(store& whole, std::string_view room_id) : db_(*whole.impl_), room_id_(room_id) {}

  /// Takes in an edit or a deletion: its target, and the text of an earlier change of that. A
  /// target that is not held any more stays away.
  result<void> apply(const message& change);
  /// Puts the entries into the batch, and their words. Not after a failure.
  void stage();

 private:
  using entry = std::vector<std::shared_ptr<message>>;
  /// The message in its entry, or null.
  result<message*> find(sequence seq);

  store::impl& db_;
  std::string_view room_id_;
  std::map<std::string, entry> entries_;  // by key
};

}  // namespace chat
