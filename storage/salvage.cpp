#include "storage/salvage.hpp"

#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "storage/database.hpp"

namespace chat {

namespace {

/// A key as a number, so that one can lie in the middle of two others. Longer than any key.
class key_number {
 public:
  explicit key_number(std::string_view key) : bytes_(size, '\0') {
    std::copy_n(key.begin(), std::min(key.size(), size), bytes_.begin());
  }
  const std::string& key() const { return bytes_; }

  /// Adds 2^bit. False when that is beyond every key.
  bool add(std::size_t bit) {
    unsigned carry = 1u << bit % 8;
    for (std::size_t at = size - bit / 8; carry > 0 && at-- > 0; carry >>= 8) {
      carry += static_cast<unsigned char>(bytes_[at]);
      bytes_[at] = static_cast<char>(carry);
    }
    return carry == 0;
  }

  static constexpr std::size_t size = 80;

 private:
  std::string bytes_;
};

/// The first key from which on a table can be read again, behind a block that cannot be. Nothing
/// where there is none, as for a table without a readable end.
std::optional<std::string> behind_the_damage(rocksdb::SstFileReader& table,
                                             const std::string& unreadable) {
  const auto is_readable = [&](const key_number& from) {
    // A new one each time: one that has failed goes on failing where it would not have to.
    const std::unique_ptr<rocksdb::Iterator> it(table.NewIterator({}));
    it->Seek(from.key());
    return it->status().ok();
  };
  // Ever greater steps find the other side of the damage, ever smaller ones its edge.
  std::size_t bit = 0;
  key_number from(unreadable);
  for (;; ++bit) {
    auto next = key_number(unreadable);
    if (bit == 8 * key_number::size || !next.add(bit)) return std::nullopt;
    if (is_readable(next)) break;
    from = next;
  }
  while (bit-- > 0) {
    auto next = from;
    if (next.add(bit) && !is_readable(next)) from = next;
  }
  from.add(0);
  return from.key();
}

}  // namespace

rocksdb::Status salvage_table(
    const std::filesystem::path& table,
    const std::function<rocksdb::Status(const rocksdb::Slice&, const rocksdb::Slice&)>& visit,
    const std::function<void(const unreadable_part&)>& miss) {
  rocksdb::SstFileReader reader(database_options(false));
  if (const auto opened = reader.Open(table.string()); !opened.ok()) {
    miss({{}, {}, opened});
    return rocksdb::Status::OK();
  }
  std::string from;
  std::optional<unreadable_part> missed;
  unreadable_part next;
  while (true) {
    const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator({}));
    it->Seek(from);
    if (missed) {
      if (it->Valid()) missed->before = it->key().ToString();
      miss(*missed);
    }
    for (; it->Valid(); it->Next()) {
      if (auto done = visit(it->key(), it->value()); !done.ok()) return done;
      next.after = it->key().ToString();
      from = next.after + '\0';
    }
    if (it->status().ok()) return rocksdb::Status::OK();
    next.why = it->status();
    missed = next;
    const auto readable = behind_the_damage(reader, from);
    if (!readable) {
      miss(*missed);
      return rocksdb::Status::OK();
    }
    from = *readable;
  }
}

}  // namespace chat
