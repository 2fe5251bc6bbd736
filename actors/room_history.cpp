#include "actors/room_history.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>
#include <utility>

#include "actors/room_asks.hpp"

namespace chat {

namespace {

// Where the room begins, for those who asked for what is no position at all.
caf::result<page_reply> refuse_position(room_actor* self) {
  auto answer = self->make_response_promise<page_reply>();
  ask_storage<first_reply>(
      self, load_first{self->state.definition.id}, [answer](first_reply first) mutable {
        if (first)
          answer.deliver(page_reply(history_page{.messages = {}, .oldest_instead = *first}));
        else
          answer.deliver(page_reply(tl::unexpected(std::move(first.error()))));
      });
  return answer;
}

// Whether it has a place in the order, and its receipt is still to come.
bool is_under_way(const room_state& st, sequence seq) {
  const auto has = [seq](const auto& batch) {
    return std::ranges::any_of(batch, [seq](const auto& p) { return p.what->seq == seq; });
  };
  return has(st.in_flight) || has(st.gathering);
}

// Behind all that the room has there is nothing.
history_page page_beyond(const room_state& st, sequence after) {
  history_page page;
  if (!is_under_way(st, after)) page.restart_at = st.committed_seq;
  return page;
}

}  // namespace

caf::result<page_reply> read_room(room_actor* self, const read_history& r) {
  auto& st = self->state;
  st.touched = true;
  if (r.after == no_message) return refuse_position(self);
  if (r.after > st.committed_seq) return page_reply(page_beyond(st, r.after));
  if (st.tail.knows(r.after)) return page_reply(st.tail.page(r.after, r.limit));
  self->delegate(st.storage, load_page{st.definition.id, r.after, r.limit});
  return caf::delegated<page_reply>{};
}

caf::result<page_reply> read_room_back(room_actor* self, const read_back& r) {
  auto& st = self->state;
  st.touched = true;
  if (r.before == no_message) return refuse_position(self);
  // What is committed, but not published, is not there yet.
  const auto end = st.committed_seq + 1;
  const auto before = std::min(r.before.value_or(end), end);
  const bool is_position = r.is_position && !is_under_way(st, *r.before);
  auto page = st.tail.back(before, r.limit);
  if (!page || (is_position && !st.tail.newest_up_to(before))) {
    self->delegate(st.storage, load_back{st.definition.id, before, r.limit, is_position});
    return caf::delegated<page_reply>{};
  }
  if (is_position) st.tail.mark(*page, before);
  page->is_truncated = false;  // which is said of what lies behind a position
  return page_reply(std::move(*page));
}

void find_message(room_actor* self, sequence seq,
                  std::function<void(const result<message_ptr>&)> then) {
  auto& st = self->state;
  if (seq == 0 || seq > st.committed_seq) return then(message_ptr());
  if (st.tail.covers(seq - 1)) return then(st.tail.find(seq));
  ask_storage<page_reply>(
      self, load_page{st.definition.id, seq - 1, 1}, [then, seq](const page_reply& page) {
        if (!page) return then(tl::unexpected(page.error()));
        const auto& found = page->messages;
        then(found.empty() || found.front()->seq != seq ? nullptr : found.front());
      });
}

namespace {

// So often in a row a room may publish more than its tail holds while the store is read.
constexpr int overtaken_max = 3;

// The store's answer, up to what the room has published by now.
void complete(room_actor* self, sequence since, sequence known, history_page page,
              const missed_handler& then, int overtaken);

void load(room_actor* self, sequence since, missed_handler then, int overtaken) {
  auto& st = self->state;
  ask_storage<page_reply>(self, load_missed{st.definition.id, since},
                          [=, known = st.committed_seq](page_reply found) {
                            if (!found) return then(std::move(found));
                            complete(self, since, known, std::move(*found), then, overtaken);
                          });
}

void complete(room_actor* self, sequence since, sequence known, history_page page,
              const missed_handler& then, int overtaken) {
  auto& st = self->state;
  auto& messages = page.messages;
  // Committed, but not published: it comes live.
  while (!messages.empty() && messages.back()->seq > st.committed_seq) messages.pop_back();
  const auto last = messages.empty() ? std::max(since, known) : messages.back()->seq;
  if (!st.tail.covers(last)) {
    if (overtaken < overtaken_max) return load(self, since, then, overtaken + 1);
    auto newest = st.tail.newest(since);
    newest.has_more = true;
    newest.is_truncated = page.is_truncated;
    newest.restart_at = page.restart_at;
    return then(std::move(newest));
  }
  auto rest = st.tail.newest(last);
  page.has_more = page.has_more || rest.has_more;
  messages.insert(messages.end(), std::make_move_iterator(rest.messages.begin()),
                  std::make_move_iterator(rest.messages.end()));
  if (messages.size() > limits::catch_up_max) {
    page.has_more = true;
    messages.erase(messages.begin(),
                   messages.end() - static_cast<std::ptrdiff_t>(limits::catch_up_max));
  }
  then(std::move(page));
}

}  // namespace

void find_missed(room_actor* self, sequence since, missed_handler then) {
  auto& st = self->state;
  st.touched = true;
  if (since > st.committed_seq) return then(page_beyond(st, since));
  if (st.tail.knows(since)) return then(st.tail.newest(since));
  load(self, since, std::move(then), 0);
}

}  // namespace chat
