#include "actors/webhooks.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <memory>

#include "actors/audit.hpp"
#include "actors/webhook_delivery.hpp"
#include "model/ids.hpp"

namespace chat {

namespace {

using all_webhooks = std::map<std::uint64_t, webhooks_state::entry>;

constexpr std::int64_t in_ms(std::chrono::milliseconds time) { return time.count(); }

std::int64_t webhook_now(webhooks_actor* self) { return node_time_ms(*self, *self->state.node); }

bool is_over(const webhooks_state::entry& e) { return e.record.ended_ms != 0; }

void audit_webhook(const webhooks_state& st, std::string_view event, const webhook_record& r,
                   const std::string& address) {
  if (!st.node->audit) return;
  st.node->audit->write({.event = event,
                         .user_id = r.user_id,
                         .room_id = r.room_id,
                         .address = address,
                         .subscription_id = r.subscription_id});
}

failure not_stored() {
  return make_failure(errc::storage_unavailable, "The webhook could not be stored",
                      "Call again in a few seconds");
}

// What ended long ago is forgotten, and of one user the oldest such when there are too many.
void forget_old(webhooks_actor* self) {
  auto& st = self->state;
  const auto before = webhook_now(self) - in_ms(limits::webhook_ended_retention);
  std::unordered_map<std::string_view, std::size_t> ended_of;
  for (auto it = st.all.end(); it != st.all.begin();) {
    const auto& r = (--it)->second.record;
    if (r.ended_ms == 0) continue;
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

void renew_webhook(webhooks_actor* self, webhooks_state::lookup& l, webhook_record& r) {
  const auto before = r;
  r.may = l.what.who.may;
  r.secret = new_webhook_secret();
  r.events = l.what.events;
  r.expires_ms = webhook_now(self) + in_ms(limits::webhook_lifetime);
  store_webhook_of(self, r,
                   [self, before, answer = l.answer, now = r,
                    address = l.what.who.address](const stored_reply& stored) mutable {
                     if (stored) {
                       audit_webhook(self->state, "webhook-register", now, address);
                       answer.deliver(registered(now, true));
                       return;
                     }
                     const auto at = self->state.all.find(before.number);
                     if (at != self->state.all.end()) {
                       at->second.record.secret = before.secret;
                       at->second.record.expires_ms = before.expires_ms;
                     }
                     answer.deliver(registered_reply(tl::unexpected(not_stored())));
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
  store_webhook_of(self, r,
                   [self, number = r.number, answer = l.answer,
                    address = l.what.who.address](const stored_reply& stored) mutable {
                     auto& st = self->state;
                     if (!stored) {
                       st.all.erase(number);
                       answer.deliver(registered_reply(tl::unexpected(not_stored())));
                       return;
                     }
                     auto& e = st.all.at(number);  // nobody knows it yet who could delete it
                     add(st.node->counters.webhooks_active);
                     spdlog::info("webhook {} of room {} registered by {}",
                                  e.record.subscription_id, e.record.room_id, e.record.user_id);
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
  if (same != st.all.end() && same->second.is == webhooks_state::entry::stage::registering)
    return l.answer.deliver(registered_reply(tl::unexpected(
        make_failure(errc::overloaded, "This webhook is being registered just now",
                     "Use what the other call answers, or call again to renew it"))));
  if (same != st.all.end() && l.what.dry_run)
    return l.answer.deliver(registered_reply(webhook_registered{{}, {}, 0, true}));
  if (same != st.all.end()) return renew_webhook(self, l, same->second.record);
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
  // The caller must be able to rely on what it was told: in time, or not at all.
  if (webhook_now(self) - l.began_ms >= in_ms(limits::webhook_lookup_timeout))
    return l.answer.deliver(registered_reply(tl::unexpected(
        make_failure(errc::timeout, "The host of webhookUrl could not be looked up in time"))));
  finish_registration(self, l);
}

// Asks; `then` gets a value, a failure ends the registration.
template <class Value, class Question, class Then>
void ask_for_registration(webhooks_actor* self, std::uint64_t id, const caf::actor& whom,
                          Question question, Then then) {
  self->request(whom, limits::webhook_lookup_timeout, std::move(question))
      .then(
          [self, id, then](result<Value>& answer) {
            if (!answer) return refuse_registration(self, id, std::move(answer.error()));
            then(*answer);
          },
          [self, id](const caf::error&) {
            refuse_registration(self, id, make_failure(errc::timeout, "The room is busy"));
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

caf::result<webhook_reply> on_delete(webhooks_actor* self, const delete_webhook& d) {
  auto& st = self->state;
  const auto at = find_own(st, d.subscription_id, d.who.user_id);
  if (!at) return webhook_reply(tl::unexpected(at.error()));
  auto answer = self->make_response_promise<webhook_reply>();
  leave_place(self, (*at)->second);
  // First of all it is no more here, so that nothing stores it again.
  const auto number = (*at)->first;
  auto gone = std::make_shared<webhooks_state::entry>(std::move((*at)->second));
  st.all.erase(*at);
  ++gone->turn;
  self->request(st.storage, limits::ask_timeout, remove_webhook{number})
      .then(
          [self, gone, answer, address = d.who.address](const stored_reply& stored) mutable {
            auto& st = self->state;
            const auto& r = gone->record;
            if (stored) {
              if (!is_over(*gone)) subtract(st.node->counters.webhooks_active);
              spdlog::info("webhook {} of room {} deleted", r.subscription_id, r.room_id);
              audit_webhook(st, "webhook-delete", r, address);
              answer.deliver(webhook_reply(r));
              return;
            }
            auto& e = st.all[r.number];
            e = std::move(*gone);
            e.is_sent = false;
            go_on(self, e);
            answer.deliver(webhook_reply(tl::unexpected(not_stored())));
          },
          [answer](const caf::error&) mutable {
            // It is done as soon as the store gets to it: it delivers nothing any more.
            answer.deliver(webhook_reply(tl::unexpected(not_stored())));
          });
  return answer;
}

webhook_reply on_find(webhooks_actor* self, const find_webhook& q) {
  const auto at = find_own(self->state, q.subscription_id, q.user_id);
  if (!at) return tl::unexpected(at.error());
  return (*at)->second.record;
}

replayed_reply on_replay(webhooks_actor* self, const replay_letters& q) {
  const auto at = find_own(self->state, q.subscription_id, q.user_id);
  if (!at) return tl::unexpected(at.error());
  auto& e = (*at)->second;
  auto& r = e.record;
  if (is_over(e))
    return tl::unexpected(
        make_failure(errc::webhook_not_found, "The webhook has ended: " + r.ended_because,
                     "Register a new one, and read what is missing with chat-history"));
  letters_queued queued;
  for (auto& letter : r.dead) {
    if (!q.letter_id.empty() && delivery_id_of(r, letter.first, letter.last) != q.letter_id)
      continue;
    if (!q.dry_run) letter.replays = true;
    ++queued.letters;
  }
  if (queued.letters == 0 && !q.letter_id.empty())
    return tl::unexpected(
        make_failure(errc::dead_letter_not_found, "The webhook has no such dead letter"));
  if (queued.letters == 0 || q.dry_run) return queued;
  store_webhook_of(self, r);
  using stage = webhooks_state::entry::stage;
  if (e.is == stage::waiting || e.is == stage::paused) go_on(self, e);
  return queued;
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
