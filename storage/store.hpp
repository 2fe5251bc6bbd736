#pragma once
// RocksDB behind a few calls. Nothing above this folder knows it. Keys and values: codec.hpp.
//
// Every failure is STORAGE_UNAVAILABLE with a message of one line for the operator's log. It may
// name files of this machine: it is not for people in a room.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/failure.hpp"
#include "model/kept_answer.hpp"
#include "model/message.hpp"
#include "model/room.hpp"
#include "model/session.hpp"
#include "model/webhook.hpp"
#include "storage/erasure.hpp"

namespace chat {

/// What a commit survives (contract, section 6).
enum class durability {
  process,  ///< the process being killed: the batch is with the operating system
  power,    ///< the machine losing power: the batch is on the disk
};

/// One open store. Thread: `stage_*`, `commit`, `drop` and `recover` from one thread at a time
/// (the storage actor's); the reading calls from any thread. No call throws. While recover()
/// reopens the store, reads wait for it (some 100 ms); where that fails, they fail as well.
class store {
 public:
  /// Opens or creates. While another process has it open, tries again for as long as `may_wait`
  /// says. The failure's message is one line for the operator: directory in use, not writable, of
  /// another schema version, corrupt.
  static result<std::unique_ptr<store>> open(const std::filesystem::path& directory,
                                             durability mode,
                                             const std::function<bool()>& may_wait = {});
  ~store();

  /// Adds messages of one room, ascending, to the batch that the next commit writes. Their
  /// sequences must be new in the room and lie above all that was staged before. Where some are
  /// changes of others, which must be committed, those become what they are then; this reads them.
  /// After a failure, which is for the operator, nothing of it is in the batch.
  result<void> stage_messages(std::string_view room_id, std::span<const message_ptr> messages);
  /// Adds or replaces a room's definition in the batch.
  void stage_room(const room_definition& room);
  /// Removes a room's definition with the batch, and keeps `floor` for all rooms to come: no
  /// smaller than floor(), and than any sequence the room gave out. Its messages are to
  /// be removed then: it is among `rooms_to_remove` until they are, also after a restart.
  void stage_no_room(std::string_view room_id, sequence floor);
  /// Rooms that are gone, committed, and may still have messages.
  std::vector<std::string> rooms_to_remove() const;
  /// Removes some of the room's messages with the batch, or what search knows of them. Answers
  /// whether there is more. Not for rooms that are defined.
  result<bool> stage_no_messages(std::string_view room_id);
  /// What was deleted, committed, and is still in the store's files. Thread: as `stage_*`.
  bool has_erasures() const;
  std::vector<erasure> erasures_due() const;
  /// What `erase` has done is not due any more, but for what came on top meanwhile.
  void stage_erased(const std::vector<erasure>& done);
  /// Adds or replaces a session in the batch.
  void stage_session(const session_record& session);
  /// Removes a session with the batch, if it is there.
  void stage_no_session(std::uint64_t number);
  /// Adds or replaces a webhook in the batch.
  void stage_webhook(const webhook_record& hook);
  /// Removes a webhook with the batch, if it is there.
  void stage_no_webhook(std::uint64_t number);
  /// Adds or replaces the answer of a call in the batch.
  void stage_answer(const kept_answer& answer);
  /// Looks at up to `limit` answers behind the key `from`, which a call before gave ("": from the
  /// first one), and removes those kept before `kept_before_ms` with the batch.
  result<swept_answers> stage_no_answers(const std::string& from, std::int64_t kept_before_ms,
                                         std::size_t limit);
  /// Whether search would be the faster for a call of stage_due_words.
  bool words_are_due() const;
  /// Stages which words a stretch of some room has, or looks for such a room: a millisecond's work.
  /// The batch must be empty, and is to be committed before anything else is staged. Search misses
  /// nothing without it (word_index.hpp). After a failure that room's turn is over.
  result<void> stage_due_words();
  /// Size of the batch not yet committed.
  std::size_t staged_bytes() const;

  /// Writes the batch, all or nothing, and empties it either way. After a failure nothing of it
  /// may be acknowledged, its sequences must not be used again, and every commit fails until
  /// recover() works. If the process ends before that, the failed batch may come back whole.
  result<void> commit();
  /// Forgets the batch.
  void drop();
  /// After a failed commit: reopens the store, takes back whatever of the failed batch reached
  /// the disk, and proves with a synced write that writing works. Leaves the staged batch alone.
  result<void> recover();

  /// Every room ever defined, by id.
  result<std::vector<room_definition>> rooms() const;
  /// Every session, in the order of their making.
  result<std::vector<session_record>> sessions() const;
  /// Every webhook, in the order of their making.
  result<std::vector<webhook_record>> webhooks() const;
  /// The answer kept of a user's call, if there is one.
  result<std::optional<kept_answer>> answer(std::string_view user_id, std::string_view key) const;
  /// No message and no session gets a number up to this one: somebody may have seen it, also where
  /// the store holds nothing of it (number_reserve.hpp). 0 in a store that was made just now.
  sequence floor() const;
  /// Messages up to this sequence may have been removed with their room, or lost by a repair. 0
  /// where that never happened.
  result<sequence> removed_up_to() const;
  /// At most `limit` messages with a sequence above `after`, ascending; `has_more` is exact.
  result<history_page> load_after(std::string_view room_id, sequence after,
                                  std::size_t limit) const;
  /// The newest messages with a sequence above `after`, and below `before`, ascending: as many as
  /// fit both limits.
  /// `has_more` tells of older ones above `after`, also where those cannot be read: a damaged page
  /// is a failure only for who asks for it.
  result<history_page> load_newest(std::string_view room_id, sequence after, std::size_t count_max,
                                   std::size_t bytes_max, sequence before = ~sequence{0}) const;
  /// Makes a directory that holds all that is committed, as a store of its own: files are shared
  /// with this one, not copied. It must not be there yet, and is to be on the same file system.
  /// Writes what is not in files yet, which may take a second. Thread: any.
  result<void> checkpoint(const std::filesystem::path& directory) const;
  /// Rewrites the files that have what was deleted: takes seconds, in which others read and write.
  /// Answers whether it came to its end; `recover` and `stop_erasing` end it. Thread: any, one at a
  /// time.
  result<bool> erase(const std::vector<erasure>& what) const;
  /// From now on nothing is erased. Thread: any.
  void stop_erasing() const;
  /// Whether there is any message of that room, be it defined or not.
  result<bool> has_messages(std::string_view room_id) const;
  /// No smaller than any sequence that the room gave out, also where its newest messages cannot be
  /// read.
  result<sequence> last_given_out(std::string_view room_id) const;
  /// The room's oldest held sequence, 0 when it holds none.
  result<sequence> first_sequence(std::string_view room_id) const;

 private:
  friend class entry_changes;
  friend class message_search;
  struct impl;
  explicit store(std::unique_ptr<impl> p);
  std::unique_ptr<impl> impl_;
};

}  // namespace chat
