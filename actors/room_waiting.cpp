#include "actors/room_waiting.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/room.hpp"
#include "actors/room_asks.hpp"
#include "actors/room_history.hpp"
#include "model/counters.hpp"
#include "model/limits.hpp"

namespace chat {

namespace {

using reader = parked_readers::reader;

std::size_t met_in(const reader& r, std::span<const message_ptr> messages) {
  if (!r.until) return messages.size();
  return static_cast<std::size_t>(
      std::ranges::count_if(messages, [&](const auto& m) { return r.until->is_met_by(*m); }));
}

bool is_awake(const reader& r) {
  return r.unread >= r.limit || r.met >= (r.until ? r.until->count : 1);
}

void answer_reader(room_actor* self, reader& r) {
  auto& st = self->state;
  if (st.tail.covers(r.after)) return r.answer.deliver(page_reply(st.tail.page(r.after, r.limit)));
  // More has come than the tail holds.
  ask_storage<page_reply>(
      self, load_page{st.definition.id, r.after, r.limit},
      [answer = r.answer](page_reply page) mutable { answer.deliver(std::move(page)); });
}

// Timers a few milliseconds apart are one.
parked_readers::time rounded_up(parked_readers::time when) {
  const auto since = when.time_since_epoch();
  return parked_readers::time(std::chrono::ceil<std::chrono::milliseconds>(since / 16) * 16);
}

void set_timer(room_actor* self) {
  auto& waiting = self->state.waiting;
  if (waiting.by_deadline.empty()) return;
  const auto first = waiting.by_deadline.begin()->first;
  if (waiting.timer && *waiting.timer <= first) return;
  waiting.timer = first;
  self->delayed_send(self, std::max(first - self->clock().now(), parked_readers::time::duration{}),
                     readers_late{});
}

}  // namespace

caf::result<page_reply> read_or_wait(room_actor* self, const read_history& r) {
  auto& st = self->state;
  if (r.patience.count() <= 0 || (r.reader && r.reader->is_lost()) || st.closing ||
      read(st.node->counters.draining) != 0 || r.after > st.committed_seq ||
      !st.tail.knows(r.after))
    return read_room(self, r);
  st.touched = true;
  auto page = st.tail.page(r.after, r.limit);
  if (page.restart_at) return page_reply(std::move(page));
  reader waits{{}, r.after, r.limit, r.until, page.messages.size(), 0, r.reader};
  waits.met = met_in(waits, page.messages);
  if (page.has_more || is_awake(waits)) return page_reply(std::move(page));
  auto& all = st.waiting.by_deadline;
  if (all.size() >= limits::parked_readers_max)
    return page_reply(tl::unexpected(
        make_failure(errc::overloaded, "Too many wait for messages of this room already")));
  waits.answer = self->make_response_promise<page_reply>();
  auto answer = waits.answer;
  all.emplace(rounded_up(self->clock().now() + r.patience), std::move(waits));
  set_timer(self);
  return answer;
}

void wake_readers(room_actor* self, std::span<const message_ptr> batch) {
  auto& all = self->state.waiting.by_deadline;
  for (auto it = all.begin(); it != all.end();) {
    auto& r = it->second;
    r.unread += batch.size();
    r.met += met_in(r, batch);
    if (!is_awake(r)) {
      ++it;
      continue;
    }
    answer_reader(self, r);
    it = all.erase(it);
  }
}

void answer_late_readers(room_actor* self) {
  auto& waiting = self->state.waiting;
  auto& all = waiting.by_deadline;
  const auto now = self->clock().now();
  if (waiting.timer && *waiting.timer <= now) waiting.timer.reset();
  while (!all.empty() && all.begin()->first <= now) {
    answer_reader(self, all.begin()->second);
    all.erase(all.begin());
  }
  set_timer(self);
}

void answer_reader_of(room_actor* self, const stop_waiting& s) {
  auto& all = self->state.waiting.by_deadline;
  const auto found =
      std::ranges::find_if(all, [&](const auto& one) { return one.second.who == s.reader; });
  if (found == all.end()) return;
  answer_reader(self, found->second);
  all.erase(found);
}

void answer_all_readers(room_actor* self) {
  for (auto& [deadline, r] : std::exchange(self->state.waiting.by_deadline, {}))
    answer_reader(self, r);
}

}  // namespace chat
