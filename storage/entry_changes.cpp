#include "storage/entry_changes.hpp"

#include <utility>

namespace chat {

result<message*> entry_changes::find(sequence seq) {
  const message_range range(room_id_);
  const std::unique_ptr<rocksdb::Iterator> it(db_.db->NewIterator(range.options));
  std::string key;
  codec::encode_message_key(key, room_id_, seq);
  it->Seek(key);
  if (!it->status().ok()) return describe(it->status(), db_.directory);
  if (!it->Valid()) return nullptr;
  const auto [found, is_new] = entries_.try_emplace(it->key().ToString());
  if (is_new) {
    const auto add = [&](const codec::stored_message& m) {
      found->second.push_back(codec::to_message(m));
      return true;
    };
    const auto before = db_.rewritten.find(found->first);
    const auto value = before != db_.rewritten.end() ? std::string_view(before->second)
                                                     : it->value().ToStringView();
    auto read = visit_messages(db_.directory, room_id_, found->first, value, add);
    if (!read) return tl::unexpected(std::move(read.error()));
  }
  for (const auto& m : found->second)
    if (m->seq == seq) return m.get();
  return nullptr;
}

result<void> entry_changes::apply(const message& change) {
  if (!db_.db) return db_.fail_closed();
  auto target = find(change.target);
  if (!target) return tl::unexpected(std::move(target.error()));
  if (!*target) return {};
  if ((*target)->changed_by > 0) {
    auto earlier = find((*target)->changed_by);
    if (!earlier) return tl::unexpected(std::move(earlier.error()));
    if (*earlier) (*earlier)->text.clear();
  }
  take_change(**target, change);
  return {};
}

void entry_changes::stage() {
  for (const auto& [key, messages] : entries_) {
    const std::vector<message_ptr> all(messages.begin(), messages.end());
    db_.stage_words(room_id_, all.back()->seq, all);
    codec::encode(db_.value, all);
    db_.batch.Put(key, db_.value);
    db_.rewritten[key] = db_.value;
    db_.to_erase.stage_entry(db_.batch, room_id_, all.back()->seq);
  }
}

}  // namespace chat
