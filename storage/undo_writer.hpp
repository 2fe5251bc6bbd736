#pragma once
// Takes back a batch that failed.

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <string>

namespace chat {

/// Collects what takes a batch back: every key it wrote returns to what it was, or goes.
class undo_writer final : public rocksdb::WriteBatch::Handler {
 public:
  undo_writer(rocksdb::DB& db, rocksdb::WriteBatch& undo) : db_(db), undo_(undo) {}

  void Put(const rocksdb::Slice& key, const rocksdb::Slice&) override { keep(key); }
  void Delete(const rocksdb::Slice& key) override { keep(key); }

 private:
  void keep(const rocksdb::Slice& key) {
    std::string before;
    const auto status = db_.Get({}, key, &before);
    if (status.ok()) undo_.Put(key, before);
    // On any other error it is left as it comes: what nobody was told of.
    if (status.IsNotFound()) undo_.Delete(key);
  }

  rocksdb::DB& db_;
  rocksdb::WriteBatch& undo_;
};

}  // namespace chat
