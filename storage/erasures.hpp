#pragma once
// What was deleted or overwritten, and is still in the store's files: RocksDB leaves old values in
// its tables until it happens to merge them. One record a room says which tables are to be
// rewritten, and is gone once they are; so nothing is forgotten when the node ends before that.

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/erasure.hpp"

namespace chat {

/// The records, and what the batch makes of them. Thread: the one that writes the store.
class erasures {
 public:
  /// Takes in what is stored and can be read. Once, before all others.
  void load(rocksdb::DB& db);

  /// The batch rewrites the entry with that key.
  void stage_entry(rocksdb::WriteBatch& batch, std::string_view room_id, sequence key);
  /// The room is gone with the batch. Until `is_removed` its messages are to be removed.
  void stage_room(rocksdb::WriteBatch& batch, std::string_view room_id, bool is_removed);
  /// What was taken from `due` is in no table any more. What came on top meanwhile stays.
  void stage_done(rocksdb::WriteBatch& batch, const std::vector<erasure>& done);

  void on_committed();
  void on_batch_over() { staged_.clear(); }

  bool is_empty() const { return pending_.empty(); }
  /// Committed, but for rooms whose messages are still being removed.
  std::vector<erasure> due() const;
  /// Those rooms.
  std::vector<std::string> rooms_to_remove() const;

 private:
  const erasure* find(std::string_view room_id) const;
  void put(rocksdb::WriteBatch& batch, erasure e, bool is_stored);
  void take_in(erasure e);

  using by_room = std::map<std::string, erasure, std::less<>>;
  by_room pending_;
  std::map<std::string, std::optional<erasure>, std::less<>> staged_;
  std::size_t removing_ = 0;  ///< of the pending ones
  std::uint64_t made_ = 0;    ///< the number of the newest
};

}  // namespace chat
