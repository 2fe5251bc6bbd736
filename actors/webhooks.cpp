#include "actors/webhooks.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <memory>

#include "actors/audit.hpp"
#include "actors/webhook_changes.hpp"
#include "actors/webhook_delivery.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using all_webhooks = std::map<std::uint64_t, webhooks_state::entry>;

constexpr std::int64_t in_ms(std::chrono::milliseconds time) { return time.count(); }

std::int64_t webhook_now(webhooks_actor* self) { return node_time_ms(*self, *self->state.node); }

void audit_webhook(const webhooks_state& st, std::string_view event, const webhook_record& r,
                   const std::string& address) {
  if (!st.node->audit) return;
  st.node->audit->write({.event = event,
                         .user_id = r.user_id,
                         .room_id = r.room_id,
                         .address = address,
                         .subscription_id = r.subscription_id});
}

// What ended long ago is forgotten, and of one user the oldest such when there are too many.
void forget_old(webhooks_actor* self) {
  auto& st = self->state;
  const auto before = webhook_now(self) - in_ms(limits::webhook_ended_retention);
  std::unordered_map<std::string_view, std::size_t> ended_of;
  for (auto it = st.all.end(); it != st.all.begin();) {
    const auto& e = (--it)->second;
    const auto& r = e.record;
    if (r.ended_ms == 0 || is_being_changed(e)) continue;
    if (r.ended_ms > before && ++ended_of[r.user_id] <= limits::webhooks_ended_per_user_max)
      continue;
    caf::anon_send(st.storage, remove_webhook{r.number});  // else the next start removes it
    it = st.all.erase(it);
  }
}

// --- Registering -------------------------------------------------------------------------------

std::optional<failure> over_limit(const webhooks_state& st, const register_webhook& what) {
  std::size_t mine = 0;
  std::size_t in_room = 0;
  std::size_t in_all = 0;
  for (const auto& [number, e] : st.all) {
    if (is_over(e)) continue;
    ++in_all;
    mine += e.record.user_id == what.who.user_id;
    in_room += e.record.room_id == what.room_id;
  }
  const auto say = [](const std::string& who, std::size_t most) {
    return make_failure(errc::webhook_limit,
                        who + " as many webhooks as there may be, " + std::to_string(most));
  };
  if (mine >= limits::webhooks_per_user_max) return say("You have", limits::webhooks_per_user_max);
  if (in_room >= limits::webhooks_per_room_max)
    return say("The room has", limits::webhooks_per_room_max);
  if (in_all >= limits::webhooks_max) return say("The node has", limits::webhooks_max);
  return std::nullopt;
}

registered_reply registered(const webhook_record& r, bool is_renewed) {
  return webhook_registered{r.subscription_id, r.secret, r.expires_ms, is_renewed};
}

void renew_webhook(webhooks_actor* self, webhooks_state::lookup& l, webhooks_state::entry& e) {
  const auto renew = [may = l.what.who.may, secret = new_webhook_secret(), events = l.what.events,
                      expires_ms =
                          webhook_now(self) + in_ms(limits::webhook_lifetime)](webhook_record& r) {
    r.may = may;
    r.secret = secret;
    r.events = events;
    r.expires_ms = expires_ms;
  };
  store_change(self, e, renew,
               [self, answer = l.answer, address = l.what.who.address](
                   const result<webhooks_state::entry*>& changed) mutable {
                 if (!changed)
                   return answer.deliver(registered_reply(tl::unexpected(changed.error())));
                 const auto& r = (*changed)->record;
                 audit_webhook(self->state, "webhook-register", r, address);
                 answer.deliver(registered(r, true));
               });
}

void add_webhook(webhooks_actor* self, webhooks_state::lookup& l) {
  auto& st = self->state;
  auto& e = st.all[++st.made];
  auto& r = e.record;
  r.number = st.made;
  r.subscription_id = new_subscription_id();
  r.room_id = l.what.room_id;
  r.user_id = l.what.who.user_id;
  r.may = l.what.who.may;
  r.url = l.what.url;
  r.secret = new_webhook_secret();
  r.events = l.what.events;
  r.created_ms = webhook_now(self);
  r.expires_ms = r.created_ms + in_ms(limits::webhook_lifetime);
  r.done = l.newest;
  const auto nothing = [](webhook_record&) {};
  store_change(self, e, nothing,
               [self, number = r.number, answer = l.answer,
                address = l.what.who.address](const result<webhooks_state::entry*>& added) mutable {
                 auto& st = self->state;
                 if (!added) {
                   st.all.erase(number);
                   return answer.deliver(registered_reply(tl::unexpected(added.error())));
                 }
                 auto& e = **added;
                 add(st.node->counters.webhooks_active);
                 spdlog::info("webhook {} of room {} registered by {}", e.record.subscription_id,
                              e.record.room_id, e.record.user_id);
                 audit_webhook(st, "webhook-register", e.record, address);
                 answer.deliver(registered(e.record, false));
                 go_on(self, e);
               });
}

// The last step: all that was asked for is known.
void finish_registration(webhooks_actor* self, webhooks_state::lookup& l) {
  auto& st = self->state;
  const auto same = std::ranges::find_if(st.all, [&](const auto& one) {
    const auto& r = one.second.record;
    return r.ended_ms == 0 && r.user_id == l.what.who.user_id && r.room_id == l.what.room_id &&
           r.url == l.what.url;
  });
  if (same != st.all.end() && is_being_changed(same->second))
    return l.answer.deliver(registered_reply(tl::unexpected(
        make_failure(errc::overloaded, "This webhook is being registered, or changed, just now",
                     "Use what the other call answers, or call again to renew it"))));
  if (same != st.all.end() && l.what.dry_run)
    return l.answer.deliver(registered_reply(webhook_registered{{}, {}, 0, true}));
  if (same != st.all.end()) return renew_webhook(self, l, same->second);
  if (auto why_not = over_limit(st, l.what))
    return l.answer.deliver(registered_reply(tl::unexpected(std::move(*why_not))));
  if (l.what.dry_run) return l.answer.deliver(registered_reply(webhook_registered{}));
  add_webhook(self, l);
}

void refuse_registration(webhooks_actor* self, std::uint64_t id, failure why) {
  const auto at = self->state.lookups.find(id);
  at->second.answer.deliver(registered_reply(tl::unexpected(std::move(why))));
  self->state.lookups.erase(at);
}

void on_looked_up(webhooks_actor* self, const webhook_looked_up& found) {
  auto& st = self->state;
  if (found.why_not)
    return refuse_registration(self, found.lookup,
                               make_failure(errc::validation_error, *found.why_not));
  auto l = std::move(st.lookups.extract(found.lookup).mapped());
  // Its caller has been told, or is about to be, that nothing came of it.
  if (webhook_now(self) - l.began_ms >= in_ms(limits::webhook_lookup_timeout))
    return l.answer.deliver(registered_reply(tl::unexpected(
        make_failure(errc::timeout, "The host of webhookUrl could not be looked up in time"))));
  finish_registration(self, l);
}

// Asks; `then` gets a value, however late; a failure ends the registration.
template <class Value, class Question, class Then>
void ask_for_registration(webhooks_actor* self, std::uint64_t id, const caf::actor& whom,
                          Question question, Then then) {
  self->request(whom, caf::infinite, std::move(question))
      .then(
          [self, id, then](result<Value>& answer) {
            if (!answer) return refuse_registration(self, id, std::move(answer.error()));
            then(*answer);
          },
          [self, id](const caf::error&) {
            refuse_registration(self, id, make_failure(errc::overloaded, "The room has ended"));
          });
}

caf::result<registered_reply> on_register(webhooks_actor* self, register_webhook& what) {
  auto& st = self->state;
  forget_old(self);
  const auto mine = std::ranges::count_if(
      st.lookups, [&](const auto& one) { return one.second.what.who.user_id == what.who.user_id; });
  if (static_cast<std::size_t>(mine) >= limits::webhook_lookups_per_user_max ||
      st.lookups.size() >= limits::webhook_lookups_max)
    return registered_reply(tl::unexpected(
        make_failure(errc::overloaded, "Too many webhooks are being registered just now")));
  if (read(st.node->counters.draining) != 0)
    return registered_reply(tl::unexpected(
        make_failure(errc::overloaded, "The node is stopping", "Register again in a few seconds")));
  const auto id = ++st.lookups_made;
  auto answer = self->make_response_promise<registered_reply>();
  const find_room q{what.room_id, what.who};
  st.lookups.emplace(id, webhooks_state::lookup{std::move(what), answer, webhook_now(self)});
  ask_for_registration<room_found>(self, id, st.hub, q, [self, id](const room_found& found) {
    ask_for_registration<history_page>(
        self, id, found.room, read_back{.limit = 1}, [self, id](const history_page& page) {
          auto& l = self->state.lookups.at(id);
          l.newest = page.messages.empty() ? 0 : page.messages.back()->seq;
          self->state.sender->look_up(
              l.what.url, [to = caf::actor(self), id](std::optional<std::string> why_not) {
                caf::anon_send(to, webhook_looked_up{id, std::move(why_not)});
              });
        });
  });
  return answer;
}

// --- Everything else ---------------------------------------------------------------------------

webhook_list on_list(webhooks_actor* self, const list_webhooks& q) {
  forget_old(self);
  webhook_list list;
  for (const auto& [number, e] : self->state.all) {
    const auto& r = e.record;
    if (e.is == webhooks_state::entry::stage::registering || r.user_id != q.user_id) continue;
    if (q.room_id.empty() || q.room_id == r.room_id) list.webhooks.push_back(r);
  }
  return list;
}

result<all_webhooks::iterator> find_own(webhooks_state& st, const std::string& subscription_id,
                                        const std::string& user_id) {
  const auto at = std::ranges::find_if(st.all, [&](const auto& one) {
    return one.second.record.subscription_id == subscription_id &&
           one.second.is != webhooks_state::entry::stage::registering;
  });
  if (at == st.all.end())
    return tl::unexpected(make_failure(errc::webhook_not_found, "Webhook does not exist"));
  if (at->second.record.user_id != user_id)
    return tl::unexpected(make_failure(errc::forbidden, "Not your webhook",
                                       "Call chat-webhook-list for those that are yours"));
  return at;
}

// It could not be deleted: it goes on.
void keep_webhook(webhooks_actor* self, webhooks_state::entry& e) {
  using stage = webhooks_state::entry::stage;
  if (is_over(e)) {
    e.is = stage::over;
  } else if (e.is_sent) {
    e.is = stage::under_way;  // what is with the network comes back by itself
  } else {
    e.is = stage::paused;
    go_on(self, e);
  }
}

caf::result<webhook_reply> on_delete(webhooks_actor* self, const delete_webhook& d) {
  auto& st = self->state;
  const auto at = find_own(st, d.subscription_id, d.who.user_id);
  if (!at) return webhook_reply(tl::unexpected(at.error()));
  auto& e = (*at)->second;
  if (is_being_changed(e)) return webhook_reply(tl::unexpected(webhook_under_way()));
  auto answer = self->make_response_promise<webhook_reply>();
  leave_place(self, e);
  ++e.turn;
  e.is = webhooks_state::entry::stage::deleting;
  auto on_removed = [self, number = e.record.number, answer,
                     address = d.who.address](bool is_removed) mutable {
    auto& st = self->state;
    auto& e = st.all.at(number);  // nothing else takes away one that is being deleted
    if (!is_removed) {
      keep_webhook(self, e);
      answer.deliver(webhook_reply(tl::unexpected(webhook_not_stored())));
      return;
    }
    if (!is_over(e)) subtract(st.node->counters.webhooks_active);
    const auto gone = std::move(e.record);
    st.all.erase(number);
    spdlog::info("webhook {} of room {} deleted", gone.subscription_id, gone.room_id);
    audit_webhook(st, "webhook-delete", gone, address);
    answer.deliver(webhook_reply(gone));
  };
  self->request(st.storage, caf::infinite, remove_webhook{e.record.number})
      .then([on_removed](const stored_reply& removed) mutable { on_removed(removed.has_value()); },
            [on_removed](const caf::error&) mutable { on_removed(false); });
  return answer;
}

webhook_reply on_find(webhooks_actor* self, const find_webhook& q) {
  const auto at = find_own(self->state, q.subscription_id, q.user_id);
  if (!at) return tl::unexpected(at.error());
  return (*at)->second.record;
}

caf::result<replayed_reply> on_replay(webhooks_actor* self, const replay_letters& q) {
  const auto at = find_own(self->state, q.subscription_id, q.user_id);
  if (!at) return replayed_reply(tl::unexpected(at.error()));
  auto& e = (*at)->second;
  const auto& r = e.record;
  if (is_over(e))
    return replayed_reply(tl::unexpected(
        make_failure(errc::webhook_not_found, "The webhook has ended: " + r.ended_because,
                     "Register a new one, and read what is missing with chat-history")));
  const auto is_meant = [id = q.letter_id](const webhook_record& r, const dead_letter& letter) {
    return id.empty() || delivery_id_of(r, letter.first, letter.last) == id;
  };
  const letters_queued queued{static_cast<std::size_t>(std::ranges::count_if(
      r.dead, [&](const dead_letter& letter) { return is_meant(r, letter); }))};
  if (queued.letters == 0 && !q.letter_id.empty())
    return replayed_reply(tl::unexpected(
        make_failure(errc::dead_letter_not_found, "The webhook has no such dead letter")));
  if (queued.letters == 0 || q.dry_run) return replayed_reply(queued);
  if (is_being_changed(e)) return replayed_reply(tl::unexpected(webhook_under_way()));
  const auto replay = [is_meant](webhook_record& r) {
    for (auto& letter : r.dead)
      if (is_meant(r, letter)) letter.replays = true;
  };
  auto answer = self->make_response_promise<replayed_reply>();
  store_change(self, e, replay,
               [self, answer, queued](const result<webhooks_state::entry*>& changed) mutable {
                 answer.deliver(changed ? replayed_reply(queued)
                                        : replayed_reply(tl::unexpected(changed.error())));
                 if (!changed) return;
                 using stage = webhooks_state::entry::stage;
                 auto& e = **changed;
                 if (e.is == stage::waiting || e.is == stage::paused) go_on(self, e);
               });
  return answer;
}

// Those that were stored go on where they were, one after the other.
void take_over_webhooks(webhooks_actor* self, std::vector<webhook_record> stored) {
  auto& st = self->state;
  auto when = webhook_now(self);
  for (auto& r : stored) {
    st.made = std::max(st.made, r.number);
    auto& e = st.all[r.number];
    e.record = std::move(r);
    if (is_over(e)) {
      e.is = webhooks_state::entry::stage::over;
      continue;
    }
    add(st.node->counters.webhooks_active);
    pause_until(self, e, when);
    when += in_ms(limits::webhook_start_interval);
  }
}

}  // namespace

caf::behavior make_webhooks(webhooks_actor* self, const node_context* node, caf::actor hub,
                            caf::actor storage, webhook_sender* sender,
                            std::vector<webhook_record> stored, std::function<double()> dice) {
  auto& st = self->state;
  st.node = node;
  st.hub = std::move(hub);
  st.storage = std::move(storage);
  st.sender = sender;
  st.dice = std::move(dice);
  take_over_webhooks(self, std::move(stored));
  return {
      [self](register_webhook& what) { return on_register(self, what); },
      [self](const webhook_looked_up& found) { on_looked_up(self, found); },
      [self](const list_webhooks& q) { return on_list(self, q); },
      [self](const delete_webhook& d) { return on_delete(self, d); },
      [self](const find_webhook& q) { return on_find(self, q); },
      [self](const replay_letters& q) { return on_replay(self, q); },
      [self](const webhook_sent& sent) { on_webhook_sent(self, sent); },
      [self](webhooks_due) { on_webhooks_due(self); },
  };
}

}  // namespace chat
