// Webhooks in the store.

#include "storage/store_impl.hpp"

namespace chat {

void store::stage_webhook(const webhook_record& hook) {
  codec::encode_webhook_key(impl_->key, hook.number);
  codec::encode(impl_->value, hook);
  impl_->batch.Put(impl_->key, impl_->value);
}

void store::stage_no_webhook(std::uint64_t number) {
  codec::encode_webhook_key(impl_->key, number);
  impl_->batch.Delete(impl_->key);
}

result<std::vector<webhook_record>> store::webhooks() const {
  return impl_->load_all<webhook_record>(codec::webhooks_begin, codec::webhooks_end,
                                         [](std::string_view key, webhook_record& hook) {
                                           hook.number = codec::number_of_webhook_key(key);
                                           return hook.number > 0;
                                         });
}

}  // namespace chat
