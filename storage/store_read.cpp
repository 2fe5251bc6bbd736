#include <algorithm>
#include <memory>
#include <utility>

#include "storage/store_impl.hpp"

namespace chat {

result<history_page> store::load_after(std::string_view room_id, sequence after,
                                       std::size_t limit) const {
  history_page page;
  if (after == ~sequence{0}) return page;
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  std::string from;
  codec::encode_message_key(from, room_id, after + 1);
  it->Seek(from);
  const auto add = [&](const codec::stored_message& m) {
    if (m.seq <= after) return true;
    page.has_more = page.messages.size() == limit;
    if (!page.has_more) page.messages.push_back(codec::to_message(m));
    return !page.has_more;
  };
  const auto visit = [&](std::string_view key, std::string_view value) {
    return visit_messages(impl_->directory, room_id, key, value, add);
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return page;
}

result<history_page> store::load_newest(std::string_view room_id, sequence after,
                                        std::size_t count_max, std::size_t bytes_max,
                                        sequence before) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  history_page page;
  std::size_t bytes = 0;
  // The first entry that may hold `before` may also hold older ones.
  std::string from;
  codec::encode_message_key(from, room_id, before);
  it->Seek(from);
  if (!it->Valid()) it->SeekToLast();
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    std::vector<message_ptr> entry;
    if (codec::sequence_of_key(key, room_id) <= after) return false;
    auto read = visit_messages(impl_->directory, room_id, key, value, [&](const auto& m) {
      if (m.seq > after && m.seq < before) entry.push_back(codec::to_message(m));
      return true;
    });
    if (!read) return read;
    for (auto m = entry.rbegin(); m != entry.rend() && !page.has_more; ++m) {
      bytes += (*m)->bytes();
      page.has_more = page.messages.size() == count_max || bytes > bytes_max;
      if (!page.has_more) page.messages.push_back(std::move(*m));
    }
    return !page.has_more;
  };
  if (auto done = impl_->scan(*it, true, visit); !done) {
    if (page.messages.empty()) return tl::unexpected(std::move(done.error()));
    page.has_more = true;
  }
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

sequence store::floor() const { return impl_->numbers.floor(); }

result<sequence> store::removed_up_to() const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  std::string value;
  const auto status = impl_->db->Get({}, codec::floor_key, &value);
  sequence removed = 0;
  if (status.IsNotFound()) return removed;
  if (!status.ok()) return describe(status, impl_->directory);
  if (!codec::decode_floor(value, removed))
    return damaged(impl_->directory, "the end of what was removed is unreadable");
  return removed;
}

result<sequence> store::last_given_out(std::string_view room_id) const {
  const auto floor = this->floor();
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  const message_range range(room_id);
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(range.options));
  it->SeekToLast();
  if (it->Valid())
    return std::max(floor, codec::sequence_of_key(it->key().ToStringView(), room_id));
  if (it->status().ok()) return floor;
  // A block is damaged. The room has not more messages than the store's tables have bytes.
  sequence newest = floor;
  std::vector<rocksdb::LiveFileMetaData> tables;
  impl_->db->GetLiveFilesMetaData(&tables);
  for (const auto& table : tables) {
    newest = std::max({newest, codec::sequence_of_key(table.smallestkey, room_id),
                       codec::sequence_of_key(table.largestkey, room_id)});
  }
  for (const auto& table : tables) newest += table.size;
  return newest;
}

result<sequence> store::first_sequence(std::string_view room_id) const {
  const auto first = load_after(room_id, 0, 1);
  if (!first) return tl::unexpected(first.error());
  return first->messages.empty() ? 0 : first->messages.front()->seq;
}

result<std::vector<room_definition>> store::rooms() const {
  return impl_->load_all<room_definition>(codec::rooms_begin, codec::rooms_end,
                                          [](std::string_view key, room_definition& room) {
                                            room.id = key.substr(codec::rooms_begin.size());
                                            return true;
                                          });
}

result<std::vector<session_record>> store::sessions() const {
  return impl_->load_all<session_record>(codec::sessions_begin, codec::sessions_end,
                                         [](std::string_view key, session_record& session) {
                                           session.number = codec::number_of_key(key);
                                           return session.number > 0;
                                         });
}

}  // namespace chat
