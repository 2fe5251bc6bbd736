#include <mutex>
#include <utility>

#include "storage/entry_changes.hpp"
#include "storage/store_impl.hpp"
#include "storage/undo_writer.hpp"

namespace chat {

namespace fs = std::filesystem;

namespace {

/// Room for what opening writes beside the memtables: manifest, options, a new log.
constexpr std::uint64_t reopen_slack_bytes = 1 << 20;
/// What one value holds, but for a message that is longer by itself: about a block of RocksDB's, so
/// that reading few messages reads few.
constexpr std::size_t value_bytes_max = 16 * 1024;

}  // namespace

result<std::unique_ptr<store>> store::open(const fs::path& directory, durability mode,
                                           const std::function<bool()>& may_wait) {
  auto opened = open_or_create(directory, may_wait);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  auto p = std::make_unique<impl>();
  p->directory = directory;
  p->write_options.sync = mode == durability::power;
  p->db = std::move(opened->db);
  p->to_erase.load(*p->db);
  if (auto loaded = p->load_numbers(opened->is_new); !loaded)
    return tl::unexpected(std::move(loaded.error()));
  p->to_erase.load(*p->db);
  return std::unique_ptr<store>(new store(std::move(p)));
}

result<void> store::impl::load_numbers(bool is_new) {
  std::string numbers, removed;
  for (auto [key, value] :
       {std::pair(codec::numbers_key, &numbers), {codec::floor_key, &removed}}) {
    const auto status = db->Get({}, key, value);
    // Where the block they would be in is damaged, the clock is left; that block fails its readers.
    if (status.IsNotFound() || status.IsCorruption())
      value->clear();
    else if (!status.ok())
      return describe(status, directory);
  }
  if (!this->numbers.load(numbers, removed, is_new, microseconds_now()))
    return damaged(directory, "the end of its ids is unreadable");
  return {};
}

store::store(std::unique_ptr<impl> p) : impl_(std::move(p)) {}

store::~store() {
  // Empties the log, so that the next start need not read it again.
  // Not needed for anything else: what fails here is in the log.
  rocksdb::FlushOptions at_once;
  at_once.allow_write_stall = true;  // else it waits for compactions that are due
  if (!impl_->failed && impl_->db) impl_->db->Flush(at_once).PermitUncheckedError();
}

// --- writing ------------------------------------------------------------------------------------

result<void> store::stage_messages(std::string_view room_id,
                                   std::span<const message_ptr> messages) {
  entry_changes changes(*this, room_id);
  for (const auto& m : messages)
    if (m->kind != message_kind::said)
      if (auto changed = changes.apply(*m); !changed) return changed;
  changes.stage();
  if (!messages.empty()) {
    impl_->words.saw(room_id, messages.front()->seq, messages.back()->seq);
    impl_->numbers.stage(impl_->batch, messages.back()->seq);
  }
  while (!messages.empty()) {
    std::size_t count = 1;
    auto bytes = messages[0]->bytes();
    while (count < messages.size() && (bytes += messages[count]->bytes()) <= value_bytes_max)
      ++count;
    codec::encode_message_key(impl_->key, room_id, messages[count - 1]->seq);
    codec::encode(impl_->value, messages.first(count));
    impl_->batch.Put(impl_->key, impl_->value);
    messages = messages.subspan(count);
  }
  return {};
}

void store::stage_room(const room_definition& room) {
  codec::encode_room_key(impl_->key, room.id);
  codec::encode(impl_->value, room);
  impl_->batch.Put(impl_->key, impl_->value);
}

void store::stage_session(const session_record& session) {
  codec::encode_session_key(impl_->key, session.number);
  codec::encode(impl_->value, session);
  impl_->batch.Put(impl_->key, impl_->value);
  impl_->numbers.stage(impl_->batch, session.number);
}

void store::stage_no_session(std::uint64_t number) {
  codec::encode_session_key(impl_->key, number);
  impl_->batch.Delete(impl_->key);
}

bool store::words_are_due() const { return impl_->words.is_due(); }

result<void> store::stage_due_words() {
  if (!impl_->db) return impl_->fail_closed();
  return impl_->words.stage_next(*impl_->db, impl_->batch, impl_->directory);
}

std::size_t store::staged_bytes() const {
  return impl_->batch.Count() == 0 ? 0 : impl_->batch.GetDataSize();
}

void store::drop() {
  impl_->batch.Clear();
  impl_->rewritten.clear();
  impl_->to_erase.on_batch_over();
  impl_->words.on_batch_over();
  impl_->numbers.on_batch_over(false);
}

result<void> store::commit() {
  result<void> done;
  if (impl_->failed)
    done = storage_failure(
        "the store in \"" + impl_->directory.string() + "\" has not recovered from a failure",
        "Wait: it is tried again every second");
  else if (impl_->batch.Count() > 0)
    done = impl_->write_batch();
  if (done)
    impl_->to_erase.on_committed();
  else
    impl_->removal_at.clear();
  drop();
  return done;
}

result<void> store::impl::write_batch() {
  auto how = write_options;
  how.sync = how.sync || numbers.must_sync();
  auto done = write(batch, how);
  if (done) numbers.on_batch_over(true);
  return done;
}

result<void> store::impl::write(rocksdb::WriteBatch& what, const rocksdb::WriteOptions& how) {
  const auto status = db->Write(how, &what);
  if (status.ok()) return {};
  on_write_failed(what);
  return describe(status, directory);
}

void store::impl::on_write_failed(const rocksdb::WriteBatch& lost) {
  std::uint64_t bytes = 0;
  if (db->GetIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &bytes)) reopen_bytes = bytes;
  // When proving a recovery failed, what was to be undone then is still to be undone.
  if (!failed) {
    undo_writer writer(*db, undo);
    // Cannot fail: the batch was made by this class.
    lost.Iterate(&writer).PermitUncheckedError();
  }
  failed = true;
}

// After a failed write to its log RocksDB 7.8 must be closed: the log's writer keeps its error
// (facebook/rocksdb#11643), its own recovery had not ended 12 s after space was back, and until
// then Resume() answers Busy (measured on a full tmpfs). Writing on after a torn record would put
// acknowledged data where no start finds it, so even a Resume() that worked would not do.
// Reopening reads the log up to the torn record, flushes it, and starts a new one.
result<void> store::recover() {
  if (impl_->failed || !impl_->db)
    if (auto reopened = impl_->reopen(); !reopened) return reopened;
  rocksdb::WriteBatch proof = impl_->undo;
  proof.Put(codec::schema_key, std::to_string(schema_version));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (auto proved = impl_->write(proof, synced); !proved) return proved;
  impl_->undo.Clear();
  impl_->failed = false;
  return {};
}

result<void> store::impl::reopen() {
  // The old handle still answers reads: it is given up only where a new one is likely to work.
  if (auto room = probe_space(directory, reopen_bytes + reopen_slack_bytes); !room) return room;
  stops_erasing = true;  // else it may be minutes until the lock is free
  const std::unique_lock lock(db_mutex);
  stops_erasing = false;
  db.reset();
  auto opened = open_again(directory);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  db = std::move(*opened);
  return {};
}

}  // namespace chat
