#pragma once
// How a command changes a webhook: it is stored first and takes effect then. For webhooks.cpp only.

#include <functional>

#include "actors/webhooks.hpp"

namespace chat {

using record_change = std::function<void(webhook_record&)>;
/// Gets the webhook, changed, or why it is not.
using after_change = std::function<void(const result<webhooks_state::entry*>&)>;

bool is_over(const webhooks_state::entry& e);
/// A command's change of it is with the store: all others are refused until that has answered.
bool is_being_changed(const webhooks_state::entry& e);
/// What they are told, and who asked for a change that the store refused.
failure webhook_under_way();
failure webhook_not_stored();

/// The webhook stays as it is until the change is stored, however long that takes.
void store_change(webhooks_actor* self, webhooks_state::entry& e, record_change change,
                  after_change then);

}  // namespace chat
