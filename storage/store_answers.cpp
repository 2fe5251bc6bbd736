// The answers of calls, kept for their retries.

#include <memory>
#include <utility>

#include "storage/store_impl.hpp"

namespace chat {

void store::stage_answer(const kept_answer& answer) {
  codec::encode(impl_->value, answer);
  impl_->batch.Put(codec::encode_answer_key(answer.user_id, answer.key), impl_->value);
}

result<std::optional<kept_answer>> store::answer(std::string_view user_id,
                                                 std::string_view key) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  std::string value;
  const auto status = impl_->db->Get({}, codec::encode_answer_key(user_id, key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return describe(status, impl_->directory);
  kept_answer found;
  found.user_id = user_id;
  found.key = key;
  if (!codec::decode(value, found)) return damaged(impl_->directory, "a kept answer is unreadable");
  return found;
}

result<swept_answers> store::stage_no_answers(const std::string& from, std::int64_t kept_before_ms,
                                              std::size_t limit) {
  if (!impl_->db) return impl_->fail_closed();
  const rocksdb::Slice upper = codec::answers_end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator(options));
  it->Seek(from.empty() ? codec::answers_begin : std::string_view(from));
  swept_answers swept;
  std::size_t count = 0;
  const auto visit = [&](std::string_view key, std::string_view value) -> result<bool> {
    if (count++ == limit) {
      swept.next = key;
      return false;
    }
    kept_answer a;
    if (!codec::decode_answer_key(key, a) || !codec::decode(value, a) ||
        a.kept_ms < kept_before_ms) {
      impl_->batch.Delete(rocksdb::Slice(key.data(), key.size()));
    } else if (!swept.left.empty() && swept.left.back().first == a.user_id) {
      ++swept.left.back().second;
    } else {
      swept.left.emplace_back(std::move(a.user_id), 1);
    }
    return true;
  };
  if (auto done = impl_->scan(*it, false, visit); !done)
    return tl::unexpected(std::move(done.error()));
  return swept;
}

}  // namespace chat
