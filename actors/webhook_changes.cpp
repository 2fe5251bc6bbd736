#include "actors/webhook_changes.hpp"

#include <caf/all.hpp>
#include <utility>

namespace chat {

bool is_over(const webhooks_state::entry& e) { return e.record.ended_ms != 0; }

bool is_being_changed(const webhooks_state::entry& e) {
  using stage = webhooks_state::entry::stage;
  return e.is_changing || e.is == stage::registering || e.is == stage::deleting;
}

failure webhook_under_way() {
  return make_failure(errc::overloaded, "The webhook is being changed just now",
                      "Call again in a second");
}

failure webhook_not_stored() {
  return make_failure(errc::storage_unavailable, "The webhook could not be stored",
                      "Call again in a few seconds");
}

namespace {

void on_change_stored(webhooks_actor* self, std::uint64_t number, std::uint64_t stores,
                      const record_change& change, const after_change& then, bool is_stored) {
  const auto at = self->state.all.find(number);
  if (at != self->state.all.end()) at->second.is_changing = false;
  if (at == self->state.all.end() || is_over(at->second))
    return then(
        tl::unexpected(make_failure(errc::webhook_not_found, "The webhook has ended meanwhile")));
  auto& e = at->second;
  if (!is_stored) return then(tl::unexpected(webhook_not_stored()));
  // How far it is was stored meanwhile, and with it the record without this change.
  if (e.stores != stores) return store_change(self, e, change, then);
  change(e.record);
  then(&e);
}

}  // namespace

void store_change(webhooks_actor* self, webhooks_state::entry& e, record_change change,
                  after_change then) {
  e.is_changing = true;
  auto next = e.record;
  change(next);
  const auto on_stored = [self, number = next.number, stores = ++e.stores,
                          change = std::move(change), then = std::move(then)](bool is_stored) {
    on_change_stored(self, number, stores, change, then, is_stored);
  };
  self->request(self->state.storage, caf::infinite, store_webhook{std::move(next)})
      .then([on_stored](const stored_reply& stored) { on_stored(stored.has_value()); },
            [on_stored](const caf::error&) { on_stored(false); });
}

}  // namespace chat
