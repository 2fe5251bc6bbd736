#pragma once
// What makes search fast: for each stretch of a room's messages, which words it has. Private to
// this folder.
//
// Most of what RocksDB costs, it costs for each key, so no word has one. Whenever a room has 512
// messages (or 256 KiB) in no stretch yet, one key is written for all of them, with a filter of
// their words (word_filter.hpp) and the first sequence it speaks of. What is in no stretch, a
// search reads itself: so index and messages cannot disagree, whenever the node is killed, and a
// store that had no index, or lost it in a repair, answers the same, only slower, until it is made.
//
// A stretch promises one thing: a message of it has no word that its filter denies. Messages of it
// may be gone, or have lost words. Whoever gives one a new word calls `restage`.
//
// What counts as a word changes with this program and with Unicode (words_version in words.hpp). A
// stretch of another version denies nothing: it is read until it is made anew, which happens after
// all that is in none, a stretch at a time. The index-key then says that it is done.

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/failure.hpp"
#include "model/message.hpp"

namespace chat {

/// Thread: the one that writes the store.
class word_index {
 public:
  /// The room has these messages now, or will with the next commit.
  void saw(std::string_view room_id, sequence first, sequence last);
  /// The room is gone.
  void forget(std::string_view room_id);
  /// The batch is committed, or forgotten.
  void on_batch_over() { restaged_.clear(); }

  /// Whether `stage_next` may have something to do: at first everything that is in the store.
  bool is_due() const { return !due_.empty() || swept_ || renewed_; }
  /// Stages the next stretch that is complete, if there is one. Nothing else may be staged: it
  /// reads what is committed. Reads 256 KiB at most, or looks at 100 rooms or stretches.
  result<void> stage_next(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                          const std::filesystem::path& directory);

  /// What the entry whose last message is `last` holds from now on: adds its words to its stretch,
  /// if it is in one. A stretch whose record is damaged is dropped: search reads its messages.
  void restage(rocksdb::DB& db, rocksdb::WriteBatch& batch, std::string_view room_id, sequence last,
               std::span<const message_ptr> messages);

 private:
  struct progress {
    sequence from = 0;    ///< about: the messages above it are in no stretch
    sequence newest = 0;  ///< about: the newest message
    bool is_due = false;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void note(progress& room, std::string_view room_id);
  result<void> stage_stretch(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                             const std::filesystem::path& directory, const std::string& room_id);
  result<void> sweep(rocksdb::DB& db, const std::filesystem::path& directory);
  static result<void> restage_stretch(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                                      const std::filesystem::path& directory,
                                      const std::string& words_key, sequence first);
  result<void> renew(rocksdb::DB& db, rocksdb::WriteBatch& batch,
                     const std::filesystem::path& directory);

  /// Rooms written to since the start, and those with much in no stretch.
  std::unordered_map<std::string, progress, hash, std::equal_to<>> rooms_;
  std::deque<std::string> due_;
  /// Until the rooms that were there at the start are looked at: the key behind the last of them.
  std::optional<std::string> swept_ = std::string();
  /// Until all stretches have the version of today: the last one looked at.
  std::optional<std::string> renewed_ = std::string();
  /// Stretches in the batch, as they will be.
  std::map<std::string, std::string> restaged_;
};

}  // namespace chat
