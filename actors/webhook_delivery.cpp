#include "actors/webhook_delivery.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "actors/audit.hpp"
#include "actors/commands/message_json.hpp"
#include "model/signature.hpp"

namespace chat {

namespace {

using hook_entry = webhooks_state::entry;
using hook_stage = hook_entry::stage;

constexpr std::int64_t ms_of(std::chrono::milliseconds time) { return time.count(); }

std::int64_t hook_time(webhooks_actor* self) { return node_time_ms(*self, *self->state.node); }

void pause_for(webhooks_actor* self, hook_entry& e, std::chrono::milliseconds time) {
  pause_until(self, e, hook_time(self) + ms_of(time));
}

// Asks; `then` gets the answer, however late, if the webhook still does what it did when it asked.
// Without a deadline: CAF keeps the timer of a request until it fires, answered or not, which for
// each poll would be some 200 bytes for ten minutes.
template <class Answer, class Question, class Then>
void ask_about(webhooks_actor* self, const hook_entry& e, const caf::actor& whom, Question question,
               Then then) {
  const auto current = [self, number = e.record.number, turn = e.turn]() -> hook_entry* {
    const auto at = self->state.all.find(number);
    return at != self->state.all.end() && at->second.turn == turn ? &at->second : nullptr;
  };
  self->request(whom, caf::infinite, std::move(question))
      .then(
          [current, then](Answer& answer) mutable {
            if (auto* e = current()) then(*e, answer);
          },
          [self, current](const caf::error&) {
            auto* e = current();
            if (!e) return;
            leave_place(self, *e);
            pause_for(self, *e, limits::webhook_retry_interval);
          });
}

// --- Places ------------------------------------------------------------------------------------

void begin_batch(webhooks_actor* self, hook_entry& e);

void fill_places(webhooks_actor* self) {
  auto& st = self->state;
  std::vector<std::uint64_t> begins;
  for (auto it = st.ready.begin();
       it != st.ready.end() && st.places.size() < limits::webhook_requests_max;) {
    const auto at = st.all.find(*it);
    if (at != st.all.end() && at->second.is == hook_stage::queued) {
      const auto& user_id = at->second.record.user_id;
      if (st.places_of[user_id] >= limits::webhook_requests_per_user_max ||
          st.places.contains(*it)) {
        ++it;
        continue;
      }
      ++st.places_of[user_id];
      st.places.emplace(*it, user_id);
      begins.push_back(*it);
    }
    it = st.ready.erase(it);
  }
  for (const auto number : begins) begin_batch(self, st.all.at(number));
}

void give_back_place(webhooks_actor* self, std::uint64_t number) {
  auto& st = self->state;
  const auto place = st.places.find(number);
  if (place == st.places.end()) return;
  const auto mine = st.places_of.find(place->second);
  if (--mine->second == 0) st.places_of.erase(mine);
  st.places.erase(place);
  fill_places(self);
}

// --- Reading -----------------------------------------------------------------------------------

// The room, if the webhook's user may still see it; else the webhook ends.
template <class Then>
void with_room(webhooks_actor* self, hook_entry& e, Then then) {
  const auto& st = self->state;
  const auto& r = e.record;
  const auto may = st.node->standing_of ? st.node->standing_of(r.user_id) : std::optional(r.may);
  if (!may || *may < scope::write) {
    leave_place(self, e);
    return end_webhook(self, e, "its user may not write on this node any more");
  }
  find_room q{r.room_id, {.user_id = r.user_id, .may = *may}};
  ask_about<room_reply>(
      self, e, st.hub, std::move(q), [self, then](hook_entry& e, const room_reply& found) mutable {
        if (found) return then(e, found->room);
        leave_place(self, e);
        // While it is being deleted it is not gone yet: that may fail.
        if (found.error().code != errc::room_not_found)
          return pause_for(self, e, limits::webhook_retry_interval);
        end_webhook(self, e, "the room is gone, or its user may not see it any more");
      });
}

// --- Sending -----------------------------------------------------------------------------------

// `messages` and `changes` are what chat-poll shows of the same page.
std::string body_of(const hook_entry& e, std::span<const message_ptr> page) {
  std::string body;
  std::string messages;
  append_messages_json(messages, page);
  json_writer json(body);
  json.begin_object()
      .field("subscriptionId", e.record.subscription_id)
      .field("deliveryId", delivery_id_of(e.record, e.sending.first, e.sending.last))
      .field("roomId", e.record.room_id)
      .key("messages")
      .raw('[' + messages + ']');
  if (const auto changes = changes_json(page); !changes.empty()) json.key("changes").raw(changes);
  json.end_object();
  return body;
}

void send_batch(webhooks_actor* self, hook_entry& e, std::span<const message_ptr> page) {
  const auto& st = self->state;
  webhook_request request{.url = e.record.url, .headers = {}, .body = body_of(e, page)};
  const auto time = std::to_string(wall_clock_ms() / 1000);
  const auto signature = to_hex(hmac_sha256(e.record.secret, time + '.' + request.body));
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "chatd/" + st.node->version},
                     {"X-Chat-Delivery", delivery_id_of(e.record, e.sending.first, e.sending.last)},
                     {"X-Chat-Signature", "t=" + time + ",v1=" + signature}};
  e.is_sent = true;
  st.sender->send(std::move(request),
                  [to = caf::actor(self), number = e.record.number](webhook_answer answer) {
                    caf::anon_send(to, webhook_sent{number, std::move(answer)});
                  });
}

// Leaves as many at the front as one delivery holds, but one at least.
void shorten(std::vector<message_ptr>& page) {
  std::size_t bytes = 0;
  const auto fits = [&](const message_ptr& m) {
    bytes += m->bytes();
    return bytes <= limits::webhook_batch_bytes_max;
  };
  const auto end = std::ranges::find_if_not(page.begin() + 1, page.end(), fits);
  page.erase(end, page.end());
}

void forget_batch(webhook_record& r) {
  r.batch_first = r.batch_last = 0;
  r.attempts = 0;
  r.failing_since_ms = r.next_attempt_ms = 0;
}

void forget_letter(webhook_record& r, sequence first) {
  std::erase_if(r.dead, [&](const dead_letter& l) { return l.first == first; });
}

// The messages of a batch are gone since it was first tried.
void skip_batch(webhooks_actor* self, hook_entry& e) {
  auto& r = e.record;
  spdlog::info("webhook {}: what {} had is not there any more", r.subscription_id,
               delivery_id_of(r, e.sending.first, e.sending.last));
  if (e.sending.is_letter) {
    forget_letter(r, e.sending.first);
  } else {
    r.done = e.sending.last;
    forget_batch(r);
  }
  store_webhook_of(self, e);
}

void on_batch_page(webhooks_actor* self, hook_entry& e, history_page& page) {
  auto& r = e.record;
  auto& messages = page.messages;
  const bool is_new = e.sending.last == 0;
  if (is_new && !messages.empty()) r.done = messages.back()->seq;  // if nothing is left to tell
  std::erase_if(messages, [&](const auto& m) {
    return m->is_superseded() || (!is_new && m->seq > e.sending.last);
  });
  if (messages.empty()) {
    leave_place(self, e);
    if (!is_new) skip_batch(self, e);
    return go_on(self, e);
  }
  if (is_new) r.done = messages.front()->seq - 1;
  if (is_new) shorten(messages);
  e.sending.messages = static_cast<std::uint32_t>(messages.size());
  if (!is_new) return send_batch(self, e, messages);
  e.sending.first = r.batch_first = messages.front()->seq;
  e.sending.last = r.batch_last = messages.back()->seq;
  ++e.stores;
  ask_about<stored_reply>(self, e, self->state.storage, store_webhook{r},
                          [self, messages](hook_entry& e, const stored_reply& stored) {
                            if (stored) return send_batch(self, e, messages);
                            forget_batch(e.record);
                            leave_place(self, e);
                            pause_for(self, e, limits::webhook_retry_interval);
                          });
}

// With a place: reads what is to be sent.
void begin_batch(webhooks_actor* self, hook_entry& e) {
  e.is = hook_stage::under_way;
  e.is_sent = false;
  const auto& r = e.record;
  const auto letter = std::ranges::find_if(r.dead, &dead_letter::replays);
  e.sending = letter != r.dead.end() ? webhooks_state::batch{letter->first, letter->last, 0, true}
                                     : webhooks_state::batch{r.batch_first, r.batch_last, 0, false};
  with_room(self, e, [self](hook_entry& e, const caf::actor& room) {
    const auto after = e.sending.last > 0 ? e.sending.first - 1 : e.record.done;
    ask_about<page_reply>(self, e, room, read_history{after, limits::webhook_batch_messages_max},
                          [self](hook_entry& e, page_reply& page) {
                            if (page) return on_batch_page(self, e, *page);
                            leave_place(self, e);
                            pause_for(self, e, limits::webhook_retry_interval);
                          });
  });
}

// --- What comes of it --------------------------------------------------------------------------

std::string words_of(const webhook_answer& answer) {
  if (answer.status > 0) return "the target answered " + std::to_string(answer.status);
  auto text = answer.error;
  if (text.size() > limits::webhook_error_bytes_max) text.resize(limits::webhook_error_bytes_max);
  return text;
}

// Nobody took it for as long as it is tried: what follows has its turn.
void bury(webhooks_actor* self, hook_entry& e, std::int64_t now) {
  auto& r = e.record;
  auto& counters = self->state.node->counters;
  const auto id = delivery_id_of(r, r.batch_first, r.batch_last);
  spdlog::warn("webhook {}: {} of room {} is a dead letter after {} attempts: {}",
               r.subscription_id, id, r.room_id, r.attempts, r.error);
  add(counters.webhook_dead_letters);
  r.dead.push_back({r.batch_first, r.batch_last, e.sending.messages, r.attempts, now, r.error});
  if (r.dead.size() > limits::webhook_dead_letters_max) {
    const auto& oldest = r.dead.front();
    spdlog::warn("webhook {}: its oldest dead letter, {}, is forgotten", r.subscription_id,
                 delivery_id_of(r, oldest.first, oldest.last));
    add(counters.webhook_letters_lost);
    r.dead.erase(r.dead.begin());
  }
  r.done = r.batch_last;
  forget_batch(r);
}

// Twice as long each time, and a part of that by chance.
std::int64_t backoff_ms(const webhooks_state& st, std::uint32_t attempts,
                        std::int64_t retry_after_ms) {
  constexpr auto longest = ms_of(limits::webhook_backoff_max);
  const auto doublings = std::min(attempts - 1, 20U);
  const auto full = std::min(ms_of(limits::webhook_backoff_min) << doublings, longest);
  const auto wait = static_cast<std::int64_t>(static_cast<double>(full) * (0.5 + st.dice() / 2));
  return std::max(wait, std::min(retry_after_ms, longest));
}

void on_batch_failed(webhooks_actor* self, hook_entry& e, const webhook_answer& answer) {
  auto& r = e.record;
  const auto now = hook_time(self);
  if (e.sending.is_letter) {
    const auto letter = std::ranges::find(r.dead, e.sending.first, &dead_letter::first);
    if (letter == r.dead.end()) return;
    ++letter->attempts;
    letter->failed_ms = now;
    letter->error = r.error;
    letter->replays = false;
    return;
  }
  if (r.attempts++ == 0) r.failing_since_ms = now;
  const auto given_up_ms = r.failing_since_ms + ms_of(limits::webhook_patience);
  if (now >= given_up_ms) return bury(self, e, now);
  const auto wait = backoff_ms(self->state, r.attempts, answer.retry_after_ms);
  r.next_attempt_ms = std::min(now + wait, given_up_ms);
}

void on_batch_taken(webhooks_actor* self, hook_entry& e) {
  auto& r = e.record;
  add(self->state.node->counters.webhook_deliveries);
  r.delivered = std::max(r.delivered, e.sending.last);
  r.delivery_id = delivery_id_of(r, e.sending.first, e.sending.last);
  r.delivered_ms = hook_time(self);
  r.error.clear();
  if (e.sending.is_letter) {
    forget_letter(r, e.sending.first);
    r.next_attempt_ms = 0;  // the target is back
  } else {
    r.done = e.sending.last;
    forget_batch(r);
  }
}

}  // namespace

void queue_up(webhooks_actor* self, hook_entry& e) {
  e.is = hook_stage::queued;
  self->state.ready.push_back(e.record.number);
  fill_places(self);
}

// Parked in the room, as a poll is. What comes is read when there is a place.
void await_messages(webhooks_actor* self, hook_entry& e) {
  e.is = hook_stage::waiting;
  with_room(self, e, [self](hook_entry& e, const caf::actor& room) {
    const auto now = hook_time(self);
    const std::chrono::milliseconds patience(
        std::min(ms_of(limits::webhook_park_time), e.record.expires_ms - now));
    read_history q{.after = e.record.done, .limit = 1, .patience = patience};
    ask_about<page_reply>(self, e, room, std::move(q),
                          [self, now](hook_entry& e, const page_reply& page) {
                            if (!page) return pause_for(self, e, limits::webhook_retry_interval);
                            if (!page->messages.empty()) return queue_up(self, e);
                            // What a repair lost was the last that it delivered.
                            if (page->restart_at) e.record.done = *page->restart_at;
                            // Where a room does not let wait, nobody asks without end.
                            const bool waited = hook_time(self) - now >= 1000;
                            if (waited) return go_on(self, e);
                            pause_for(self, e, std::chrono::seconds(1));
                          });
  });
}

void on_webhook_sent(webhooks_actor* self, const webhook_sent& sent) {
  auto& st = self->state;
  give_back_place(self, sent.number);
  const auto at = st.all.find(sent.number);
  if (at == st.all.end() || !std::exchange(at->second.is_sent, false)) return;
  auto& e = at->second;
  constexpr unsigned gone = 410;
  const auto status = sent.answer.status;
  if (status >= 200 && status < 300) {
    on_batch_taken(self, e);
  } else {
    add(st.node->counters.webhook_failures);
    e.record.error = words_of(sent.answer);
    if (status == gone && e.is != hook_stage::deleting) return end_webhook(self, e, e.record.error);
    on_batch_failed(self, e, sent.answer);
  }
  store_webhook_of(self, e);
  go_on(self, e);
}

void leave_place(webhooks_actor* self, hook_entry& e) {
  if (e.is == hook_stage::under_way && !e.is_sent) give_back_place(self, e.record.number);
}

}  // namespace chat
