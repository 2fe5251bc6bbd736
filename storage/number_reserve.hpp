#pragma once
// Keeps the numbers that clients see, of messages and of sessions, from being given out twice.
//
// A store may lose what it had: a power cut takes what was not synced, a backup is put in its
// place. Clients keep what they have seen. So a store that was there before gives out only numbers
// above what the clock says at its start, in microseconds since 1970: more of them go by than a
// room can give out. The clock may be behind, so numbers are also reserved in blocks: the commit of
// the first number of a block stores the end of the block, and is synced.
//
// Source: contract, section 9.

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>

#include "model/failure.hpp"
#include "model/message.hpp"

namespace chat {

/// Thread: floor() from any, the rest from the one that writes.
class number_reserve {
 public:
  /// Reads what is stored. A new store begins at 1. `now_us`: microseconds since 1970. False for
  /// bytes that this class cannot have made.
  [[nodiscard]] bool load(const std::string& stored, const std::string& removed, bool is_new,
                          std::int64_t now_us);

  /// Numbers up to this one are not given out any more.
  sequence floor() const { return floor_; }
  /// The same for those up to this one.
  void raise(sequence floor);

  /// The batch holds something of this number.
  void stage(rocksdb::WriteBatch& batch, std::uint64_t number);
  /// The batch has to be synced, whatever the store's durability.
  bool must_sync() const { return staged_ > stored_; }
  /// The batch is committed, or given up.
  void on_batch_over(bool is_committed);

 private:
  std::atomic<sequence> floor_{0};
  sequence stored_ = 0;  // numbers up to this one are reserved
  sequence staged_ = 0;  // by the batch; 0: it needs no more of them
};

/// Of the system's clock.
std::int64_t microseconds_now();

}  // namespace chat
