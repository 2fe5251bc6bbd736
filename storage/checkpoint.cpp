#include <rocksdb/utilities/checkpoint.h>

#include <memory>

#include "storage/store_impl.hpp"

namespace chat {

result<void> store::checkpoint(const std::filesystem::path& directory) const {
  const std::shared_lock lock(impl_->db_mutex);
  if (!impl_->db) return impl_->fail_closed();
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(impl_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory.string());
  if (!status.ok()) return describe(status, directory);
  return {};
}

}  // namespace chat
