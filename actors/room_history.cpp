#include "actors/room_history.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>
#include <utility>

namespace chat {

namespace {

// Where the room begins, for those who asked for a position it never gave out.
caf::result<page_reply> refuse_position(room_actor* self) {
  auto answer = self->make_response_promise<page_reply>();
  self->request(self->state.storage, limits::ask_timeout, load_first{self->state.definition.id})
      .then(
          [answer](first_reply& first) mutable {
            if (first)
              answer.deliver(page_reply(history_page{.messages = {}, .oldest_instead = *first}));
            else
              answer.deliver(page_reply(tl::unexpected(std::move(first.error()))));
          },
          [answer](const caf::error& e) mutable { answer.deliver(e); });
  return answer;
}

}  // namespace

caf::result<page_reply> read_room(room_actor* self, const read_history& r) {
  auto& st = self->state;
  st.touched = true;
  if (r.after > st.committed_seq) return refuse_position(self);
  if (st.tail.covers(r.after)) return page_reply(st.tail.page(r.after, r.limit));
  self->delegate(st.storage, load_page{st.definition.id, r.after, r.limit});
  return caf::delegated<page_reply>{};
}

caf::result<page_reply> read_room_back(room_actor* self, const read_back& r) {
  auto& st = self->state;
  st.touched = true;
  if (r.before && *r.before > st.committed_seq + 1) return refuse_position(self);
  // What is committed, but not published, is not there yet.
  const auto before = r.before.value_or(st.committed_seq + 1);
  if (auto page = st.tail.back(before, r.limit)) return page_reply(std::move(*page));
  self->delegate(st.storage, load_back{st.definition.id, before, r.limit});
  return caf::delegated<page_reply>{};
}

void find_message(room_actor* self, sequence seq,
                  std::function<void(const result<message_ptr>&)> then) {
  auto& st = self->state;
  if (seq == 0 || seq > st.committed_seq) return then(message_ptr());
  if (st.tail.covers(seq - 1)) return then(st.tail.find(seq));
  self->request(st.storage, limits::ask_timeout, load_page{st.definition.id, seq - 1, 1})
      .then(
          [then, seq](const page_reply& page) {
            if (!page) return then(tl::unexpected(page.error()));
            const auto& found = page->messages;
            then(found.empty() || found.front()->seq != seq ? nullptr : found.front());
          },
          [then](const caf::error&) {
            then(tl::unexpected(
                make_failure(errc::timeout, "The message could not be read in time")));
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
  self->request(st.storage, caf::infinite, load_missed{st.definition.id, since})
      .then(
          [=, known = st.committed_seq](page_reply& found) {
            if (!found) return then(std::move(found));
            complete(self, since, known, std::move(*found), then, overtaken);
          },
          [then](const caf::error&) {
            then(tl::unexpected(
                make_failure(errc::internal_error, "A part of the node is not available")));
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
    page = st.tail.newest(since);
    page.has_more = true;
    return then(std::move(page));
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
  since = std::min(since, st.committed_seq);
  if (st.tail.covers(since)) return then(st.tail.newest(since));
  load(self, since, std::move(then), 0);
}

}  // namespace chat
